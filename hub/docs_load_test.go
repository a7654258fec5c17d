package hub_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// documents are docs/openapi.yaml and docs/asyncapi.yaml as a reader of them
// sees the API. An answer must have no field that they do not name.
type documents struct {
	testing.TB
	openapi, asyncapi map[string]any
	compiler          *jsonschema.Compiler
}

// openapiURL and asyncapiURL are where the documents are to each other.
const (
	openapiURL  = "file:///docs/openapi.yaml"
	asyncapiURL = "file:///docs/asyncapi.yaml"
)

func loadDocuments(t testing.TB) *documents {
	t.Helper()
	d := &documents{TB: t, compiler: jsonschema.NewCompiler()}
	d.openapi, d.asyncapi = d.load("../docs/openapi.yaml"), d.load("../docs/asyncapi.yaml")
	for url, doc := range map[string]map[string]any{openapiURL: d.openapi, asyncapiURL: d.asyncapi} {
		closeSchemas(doc)
		if err := d.compiler.AddResource(url, doc); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// load reads YAML as the JSON it stands for.
func (d *documents) load(path string) map[string]any {
	d.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		d.Fatal(err)
	}
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		d.Fatalf("%s: %v", path, err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		d.Fatalf("%s: %v", path, err)
	}
	return doc.(map[string]any)
}

// closeSchemas refuses fields that a schema does not name, wherever it names
// any. What others extend by allOf stays open to them under a name of its own.
func closeSchemas(doc map[string]any) {
	schemas := at(doc, "components", "schemas").(map[string]any)
	open := map[string]any{}
	for name, s := range schemas {
		open[name+openSuffix] = maps.Clone(s.(map[string]any))
	}
	closeFields(doc)
	maps.Copy(schemas, open)
}

const openSuffix = "-open"

func closeFields(node any) {
	switch n := node.(type) {
	case []any:
		for _, one := range n {
			closeFields(one)
		}
	case map[string]any:
		for _, one := range n {
			closeFields(one)
		}
		if n["nullable"] == true { // OpenAPI 3.0 says it so
			n["type"] = []any{n["type"], "null"}
		}
		extended, extends := n["allOf"].([]any)
		for _, one := range extended {
			if base, ok := one.(map[string]any)["$ref"].(string); ok {
				one.(map[string]any)["$ref"] = base + openSuffix
			}
		}
		_, isSchema := n["type"].(string)
		_, named := n["properties"]
		if _, decided := n["additionalProperties"]; (isSchema && named || extends) && !decided {
			n["unevaluatedProperties"] = false
		}
	}
}

// wantOpenAPI checks a JSON text against the schema at a place of openapi.yaml.
func (d *documents) wantOpenAPI(what string, text []byte, place ...string) {
	d.Helper()
	d.want(what, text, openapiURL, place)
}

// wantAsyncAPI checks a JSON text against a schema of asyncapi.yaml.
func (d *documents) wantAsyncAPI(what string, text []byte, schema string) {
	d.Helper()
	d.want(what, text, asyncapiURL, []string{"components", "schemas", schema})
}

func (d *documents) want(what string, text []byte, url string, place []string) {
	d.Helper()
	schema, err := d.compiler.Compile(url + "#" + pointer(place))
	if err != nil {
		d.Fatalf("%s: %v", what, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		d.Errorf("%s: %v in %s", what, err, text)
		return
	}
	if err := schema.Validate(value); err != nil {
		d.Errorf("%s is not as documented: %v\n%s", what, err, text)
	}
}

// pointer is a JSON pointer (RFC 6901) in the form of a URL's fragment.
func pointer(place []string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	var b strings.Builder
	for _, key := range place {
		b.WriteString("/" + escape.Replace(key))
	}
	return b.String()
}

// at returns what stands at a place of a document, nil if nothing does.
func at(node any, place ...string) any {
	for _, key := range place {
		n, ok := node.(map[string]any)
		if !ok {
			return nil
		}
		node = n[key]
	}
	return node
}

// texts returns the strings of a list in a document.
func texts(list any) []string {
	var all []string
	raw, _ := json.Marshal(list)
	_ = json.Unmarshal(raw, &all) // not a list of strings: nil, which no test takes
	return all
}

// remarshal reads a part of a document as a value of Go.
func remarshal(t testing.TB, node, into any) {
	t.Helper()
	raw, err := json.Marshal(node)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
