// SPDX-License-Identifier: Apache-2.0

// Prints the fields of the Kubernetes API types that the sandbox serves, as src/sandbox/api-server/types holds them:
// what a type's JSON and protobuf look like by its Go declaration, and its list keys and enums by a kube-apiserver's OpenAPI documents,
// which are named as arguments (GET /openapi/v3/api/v1, /openapi/v3/apis/apps/v1, ...). Descriptions are left out.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var roots = []any{
	appsv1.ControllerRevision{}, appsv1.DaemonSet{}, appsv1.Deployment{}, appsv1.ReplicaSet{},
	autoscalingv1.Scale{}, autoscalingv2.HorizontalPodAutoscaler{}, coordinationv1.Lease{},
	corev1.ConfigMap{}, corev1.Event{}, corev1.Namespace{}, corev1.Node{}, corev1.Pod{}, corev1.Secret{},
	corev1.Service{}, corev1.ServiceAccount{}, discoveryv1.EndpointSlice{}, networkingv1.Ingress{},
	networkingv1.IngressClass{}, networkingv1.NetworkPolicy{}, rbacv1.ClusterRole{}, rbacv1.ClusterRoleBinding{}, rbacv1.Role{}, rbacv1.RoleBinding{},
	apiextensionsv1.CustomResourceDefinition{}, metav1.DeleteOptions{},
}

// Types whose JSON is not what their declaration says.
var scalars = map[reflect.Type]string{
	reflect.TypeFor[metav1.Time]():                     "time",
	reflect.TypeFor[metav1.MicroTime]():                "microtime",
	reflect.TypeFor[metav1.FieldsV1]():                 "any",
	reflect.TypeFor[resource.Quantity]():               "quantity",
	reflect.TypeFor[intstr.IntOrString]():              "int-or-string",
	reflect.TypeFor[runtime.RawExtension]():            "any",
	reflect.TypeFor[apiextensionsv1.JSONSchemaProps](): "any",
}

type schema struct {
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Enum       []string          `json:"enum"`
	ListType   string            `json:"x-kubernetes-list-type"`
	ListKeys   []string          `json:"x-kubernetes-list-map-keys"`
}

type table struct {
	documented map[string]schema
	types      map[string]map[string]string
}

func main() {
	t := table{documented: map[string]schema{}, types: map[string]map[string]string{}}
	for _, file := range os.Args[1:] {
		t.read(file)
	}
	for _, root := range roots {
		t.add(reflect.TypeOf(root))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(t.types); err != nil {
		panic(err)
	}
}

func (t table) read(file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	var document struct {
		Components struct {
			Schemas map[string]json.RawMessage `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		panic(err)
	}
	for name, raw := range document.Components.Schemas {
		var documented schema
		// Enums of custom resources may hold other things than strings; those types are not wanted here.
		if json.Unmarshal(raw, &documented) == nil {
			t.documented[name] = documented
		}
	}
}

// Name of a type in OpenAPI documents: io.k8s.api.apps.v1.Deployment.
func openAPIName(of reflect.Type) string {
	path := strings.NewReplacer("k8s.io/", "io.k8s.", "/", ".").Replace(of.PkgPath())
	return path + "." + of.Name()
}

// Name of a type in the table: apps.v1.Deployment.
func shortName(of reflect.Type) string {
	parts := strings.Split(of.PkgPath(), "/")
	return strings.Join(parts[len(parts)-2:], ".") + "." + of.Name()
}

func (t table) add(of reflect.Type) {
	name := shortName(of)
	if _, known := t.types[name]; known {
		return
	}
	t.types[name] = map[string]string{}
	t.addFields(t.types[name], of, t.documented[openAPIName(of)], "")
}

// Adds the fields of a struct; number is that of the field which embeds it in protobuf, where JSON shows it inline.
func (t table) addFields(fields map[string]string, of reflect.Type, documented schema, number string) {
	for i := range of.NumField() {
		field := of.Field(i)
		tag := strings.Split(field.Tag.Get("json"), ",")
		options := " " + strings.Join(tag[1:], " ") + " "
		ownNumber := number + fieldNumber(field.Tag)
		if field.Anonymous && tag[0] == "" {
			t.addFields(fields, field.Type, documented, ownNumber+".")
			continue
		}
		parts := []string{t.typeText(field.Type)}
		if !strings.Contains(options, " omitempty ") && !strings.Contains(options, " omitzero ") {
			parts = append(parts, "always")
		}
		if strings.Contains(options, " omitzero ") {
			parts = append(parts, "omitzero")
		}
		for _, required := range documented.Required {
			if required == tag[0] {
				parts = append(parts, "required")
			}
		}
		parts = append(parts, patchFlags(field.Tag)...)
		parts = append(parts, documentedFlags(documented.Properties[tag[0]])...)
		// An embedded struct without a number has its fields in the envelope: apiVersion and kind.
		if fieldNumber(field.Tag) != "" && !strings.HasPrefix(ownNumber, ".") {
			parts = append(parts, "#"+ownNumber)
		}
		fields[tag[0]] = strings.Join(parts, " ")
	}
}

// The field's number in protobuf: "bytes,3,opt,name=spec".
func fieldNumber(tag reflect.StructTag) string {
	parts := strings.Split(tag.Get("protobuf"), ",")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

func patchFlags(tag reflect.StructTag) (flags []string) {
	for _, strategy := range strings.Split(tag.Get("patchStrategy"), ",") {
		switch strategy {
		case "merge":
			flags = append(flags, strings.TrimSuffix("merge="+tag.Get("patchMergeKey"), "="))
		case "retainKeys", "replace":
			flags = append(flags, strategy)
		}
	}
	return flags
}

func documentedFlags(documented schema) (flags []string) {
	switch documented.ListType {
	case "map":
		flags = append(flags, "keys="+strings.Join(documented.ListKeys, ","))
	case "set":
		flags = append(flags, "set")
	}
	if len(documented.Enum) > 0 {
		flags = append(flags, "enum="+strings.Join(documented.Enum, ","))
	}
	return flags
}

func (t table) typeText(of reflect.Type) string {
	if scalar, known := scalars[of]; known {
		return scalar
	}
	switch of.Kind() {
	case reflect.Pointer:
		return "*" + t.typeText(of.Elem())
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + t.typeText(of.Elem())
	case reflect.Map:
		return "map:" + t.typeText(of.Elem())
	case reflect.Struct:
		t.add(of)
		return shortName(of)
	case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64, reflect.Float64:
		return of.Kind().String()
	}
	panic(fmt.Sprintf("no text for %v", of))
}
