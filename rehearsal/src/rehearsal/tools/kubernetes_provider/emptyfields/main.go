// Command emptyfields prints the fields that the Kubernetes provider takes out of an object if they
// are empty: false, 0, "", no items. It sends every object through Kubernetes' Go types, and those
// leave such a field out unless the type can tell "empty" from "not set".
//
// The document has the type of each kind, and of each type its fields: "-" marks a field that is
// left out, and what follows is the type of its value, or of each item of a list; "{}" before it
// stands for a map of such values.
package main

import (
	"encoding"
	"encoding/json"
	"os"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/kinds"
	"k8s.io/client-go/kubernetes/scheme"
)

type fields map[string]string

var (
	types     = map[string]fields{}
	marshaler = reflect.TypeFor[json.Marshaler]()
	text      = reflect.TypeFor[encoding.TextMarshaler]()
)

func main() {
	roots := map[string]string{}
	for kind, root := range scheme.Scheme.AllKnownTypes() {
		_, hasMetadata := root.FieldByName("ObjectMeta")
		version := kind.GroupVersion().String()
		if name := describe(root); hasMetadata && kinds.KnownGroupVersions.Has(version) {
			roots[version+"/"+kind.Kind] = name
		}
	}
	drop(roots)
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(map[string]any{"kinds": roots, "types": types}); err != nil {
		panic(err)
	}
}

// describe adds a struct and those in it to the types, and returns its name; that of others is empty.
func describe(one reflect.Type) string {
	if one.Kind() != reflect.Struct || writesItself(one) {
		return ""
	}
	name := strings.TrimPrefix(one.PkgPath(), "k8s.io/") + "." + one.Name()
	if _, known := types[name]; known {
		return name
	}
	types[name] = fields{}
	describeFields(one, types[name])
	return name
}

func describeFields(one reflect.Type, into fields) {
	for index := range one.NumField() {
		field := one.Field(index)
		tag, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == "" && field.Anonymous {
			describeFields(field.Type, into)
		} else if tag != "" && tag != "-" && tag != "status" {
			into[tag] = value(field.Type, strings.Contains(options, "omitempty"))
		}
	}
}

func value(one reflect.Type, omitted bool) string {
	mark := ""
	switch one.Kind() {
	case reflect.Pointer:
		return describe(one.Elem())
	case reflect.Struct:
		return describe(one)
	case reflect.Interface:
		return ""
	}
	if omitted && !writesItself(one) {
		mark = "-"
	}
	switch one.Kind() {
	case reflect.Slice:
		return mark + describe(one.Elem())
	case reflect.Map:
		if item := describe(one.Elem()); item != "" {
			return mark + "{}" + item
		}
	}
	return mark
}

func writesItself(one reflect.Type) bool {
	pointer := reflect.PointerTo(one)
	return pointer.Implements(marshaler) || pointer.Implements(text)
}

// drop removes the fields that say nothing, the types that are left without fields, and those that
// no kind has.
func drop(roots map[string]string) {
	for changed := true; changed; {
		changed = false
		for name, own := range types {
			for key, said := range own {
				_, known := types[strings.TrimPrefix(strings.TrimPrefix(said, "-"), "{}")]
				if said == "" || (!known && said != "-") {
					delete(own, key)
					if strings.HasPrefix(said, "-") {
						own[key] = "-"
					}
					changed = true
				}
			}
			if len(own) == 0 {
				delete(types, name)
				changed = true
			}
		}
	}
	used := map[string]bool{}
	for _, root := range roots {
		use(root, used)
	}
	for name := range types {
		if !used[name] {
			delete(types, name)
		}
	}
}

func use(name string, used map[string]bool) {
	if used[name] {
		return
	}
	used[name] = true
	for _, said := range types[name] {
		use(strings.TrimPrefix(strings.TrimPrefix(said, "-"), "{}"), used)
	}
}
