module flagger.app/hack/template-cases

go 1.26.0
