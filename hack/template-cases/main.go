// SPDX-License-Identifier: Apache-2.0

// Renders the templates of cases.json with Go's own text/template and prints what came out as JSON:
//
//	go run . <cases.json >../../test/fixtures/go-templates.json
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/template"
)

// result is what one template gave: its output, or the error of its parser or of its execution.
type result struct {
	Template string `json:"template"`
	Output   string `json:"output"`
	Error    string `json:"error,omitempty"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var templates []string
	if err := json.NewDecoder(os.Stdin).Decode(&templates); err != nil {
		return err
	}
	results := make([]result, 0, len(templates))
	for _, text := range templates {
		results = append(results, render(text))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(results)
}

func render(text string) result {
	parsed, err := template.New("tmpl").Option("missingkey=error").Funcs(functions()).Parse(text)
	if err != nil {
		return result{Template: text, Error: err.Error()}
	}
	var output strings.Builder
	if err := parsed.Execute(&output, nil); err != nil {
		return result{Template: text, Error: err.Error()}
	}
	return result{Template: text, Output: output.String()}
}

// functions mirrors what the operator offers to a metric template.
func functions() template.FuncMap {
	text := func(value string) func() string { return func() string { return value } }
	return template.FuncMap{
		"name":      text("podinfo"),
		"namespace": text("test"),
		"target":    text("podinfo"),
		"service":   text("podinfo-svc"),
		"ingress":   text("podinfo-ing"),
		"route":     text("podinfo"),
		"interval":  text("1m"),
		"variables": func() map[string]string {
			return map[string]string{"direction": "inbound", "my-key": `a"b`, "empty": "", "count": "5", "word": "héllo"}
		},
	}
}
