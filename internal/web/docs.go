package web

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/refusal"
)

//go:embed docs.html docs.css
var docsFiles embed.FS

const docsPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// serveDocs serves the API's documentation for people: a page without scripts, made from the OpenAPI document, and its
// stylesheet.
func (a *api) serveDocs(document func() *huma.OpenAPI) {
	serve := lazily("text/html; charset=utf-8", func() ([]byte, error) { return docsPage(document()) })
	a.mux.HandleFunc("GET /docs", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		serve(w, r)
	})
	a.mux.HandleFunc("GET /docs/style.css", lazily("text/css; charset=utf-8", func() ([]byte, error) {
		return docsFiles.ReadFile("docs.css")
	}))
}

func docsPage(document *huma.OpenAPI) ([]byte, error) {
	t, err := template.New("docs.html").Funcs(template.FuncMap{"blocks": blocks}).ParseFS(docsFiles, "docs.html")
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	err = t.Execute(&page, docsOf(document))
	return page.Bytes(), err
}

// docs is the data of the page.
type docs struct {
	Title, Version, About string
	Groups                []docGroup
	Schemas               []docSchema
	Problems              []docProblem
}

type docGroup struct {
	Anchor, Name, Description string
	Operations                []docOperation
}

type docOperation struct {
	ID, Method, Path, Summary, Description string
	Parameters                             []docField
	Bodies                                 []docBody
	Answers                                []docAnswer
	Problems                               []docProblem
	Curl                                   string
}

type docField struct {
	Name, In, Type, Ref, Description string
	Required                         bool
}

type docBody struct{ Type, Ref, Example string }

type docAnswer struct {
	Status, Title, Ref, Example string
	Headers                     []docField
}

type docSchema struct {
	Name   string
	Fields []docField
}

type docProblem struct {
	Status                      int
	Code, Anchor, Title, Detail string
	First                       bool // the first with its code, which gets the anchor
}

func docsOf(document *huma.OpenAPI) docs {
	d := docs{Title: document.Info.Title, Version: document.Info.Version, About: document.Info.Description}
	for _, tag := range document.Tags {
		d.Groups = append(d.Groups, docGroup{anchor(tag.Name), tag.Name, tag.Description, operationsOf(document, tag.Name)})
	}
	schemas := document.Components.Schemas.Map()
	for _, name := range sortedKeys(schemas) {
		d.Schemas = append(d.Schemas, docSchema{name, fieldsOf(schemas[name])})
	}
	d.Problems = problemsOf(problemTypes)
	return d
}

func anchor(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

var methods = []string{http.MethodPost, http.MethodGet, http.MethodPatch, http.MethodPut, http.MethodDelete}

func operationsOf(document *huma.OpenAPI, tag string) []docOperation {
	var list []docOperation
	for _, path := range sortedKeys(document.Paths) {
		for _, method := range methods {
			op := operationOf(document.Paths[path], method)
			if op != nil && slices.Contains(op.Tags, tag) {
				list = append(list, docOf(op, method, path))
			}
		}
	}
	return list
}

func docOf(op *huma.Operation, method, path string) docOperation {
	doc := docOperation{
		ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description, Curl: curl(op, method, path),
	}
	for _, p := range op.Parameters {
		doc.Parameters = append(doc.Parameters, docField{
			Name: p.Name, In: p.In, Type: typeOf(p.Schema), Description: p.Description, Required: p.Required,
		})
	}
	if op.RequestBody != nil {
		for _, name := range sortedKeys(op.RequestBody.Content) {
			media := op.RequestBody.Content[name]
			doc.Bodies = append(doc.Bodies, docBody{name, refOf(media.Schema), exampleOf(media.Example)})
		}
	}
	for _, status := range sortedKeys(op.Responses) {
		doc.answer(status, op.Responses[status])
	}
	return doc
}

func (doc *docOperation) answer(status string, r *huma.Response) {
	if media, ok := r.Content["application/problem+json"]; ok {
		for _, t := range problemTypes {
			if _, ok := media.Examples[string(t.code)]; ok && strconv.Itoa(t.status) == status {
				doc.Problems = append(doc.Problems, docProblem{Status: t.status, Code: string(t.code), Anchor: t.anchor()})
			}
		}
		return
	}
	answer := docAnswer{Status: status, Title: r.Description}
	for _, media := range r.Content {
		answer.Ref, answer.Example = refOf(media.Schema), exampleOf(media.Example)
	}
	for _, name := range sortedKeys(r.Headers) {
		h := r.Headers[name]
		answer.Headers = append(answer.Headers, docField{Name: name, Type: typeOf(h.Schema), Description: cmp.Or(h.Description, h.Schema.Description)})
	}
	doc.Answers = append(doc.Answers, answer)
}

func fieldsOf(s *huma.Schema) []docField {
	var list []docField
	for _, name := range sortedKeys(s.Properties) {
		p := s.Properties[name]
		list = append(list, docField{
			Name: name, Type: typeOf(p), Ref: refOf(p), Description: p.Description, Required: slices.Contains(s.Required, name),
		})
	}
	return list
}

// refOf returns the name of the schema that s, or its items, refers to.
func refOf(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	if s.Items != nil {
		s = s.Items
	}
	return strings.TrimPrefix(s.Ref, "#/components/schemas/")
}

func typeOf(s *huma.Schema) string {
	parts := []string{cmp.Or(s.Type, "object")}
	if s.Items != nil {
		parts = []string{"list of " + cmp.Or(refOf(s), s.Items.Type)}
	}
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		parts = []string{"map to " + cmp.Or(refOf(values), values.Type)}
	}
	if s.Nullable {
		parts = append(parts, "or null")
	}
	return strings.Join(append(parts, limitsOf(s)...), ", ")
}

func limitsOf(s *huma.Schema) []string {
	var limits []string
	if len(s.Enum) > 0 {
		limits = append(limits, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(s.Enum)), " | "), "[]"))
	}
	if s.Format != "" && s.Type == huma.TypeString {
		limits = append(limits, s.Format)
	}
	if s.MaxLength != nil {
		limits = append(limits, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	if s.Minimum != nil && s.Maximum != nil {
		limits = append(limits, fmt.Sprintf("%g to %g", *s.Minimum, *s.Maximum))
	}
	if s.PatternDescription != "" {
		limits = append(limits, s.PatternDescription)
	}
	if s.Default != nil {
		limits = append(limits, fmt.Sprintf("default %v", s.Default))
	}
	return limits
}

func exampleOf(example any) string {
	if text, ok := example.(string); ok || example == nil {
		return text
	}
	return indented(example)
}

func indented(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(fmt.Errorf("an example can't be written: %w", err))
	}
	return strings.TrimSpace(b.String())
}

func problemsOf(list []*problemType) []docProblem {
	problems := make([]docProblem, len(list))
	seen := map[refusal.Code]bool{}
	for i, t := range list {
		problems[i] = docProblem{t.status, string(t.code), t.anchor(), t.title, t.detail, !seen[t.code]}
		seen[t.code] = true
	}
	return problems
}

// curl returns a command that sends the operation's example request.
func curl(op *huma.Operation, method, path string) string {
	var query []string
	for _, p := range op.Parameters {
		example := ""
		if len(p.Schema.Examples) > 0 {
			example = fmt.Sprint(p.Schema.Examples[0])
		}
		path = strings.ReplaceAll(path, "{"+p.Name+"}", example)
		if p.In == "query" && p.Required {
			query = append(query, p.Name+"="+example)
		}
	}
	if len(query) > 0 {
		path += "?" + strings.Join(query, "&")
	}
	lines := []string{`curl -X ` + method + ` "$LETHE` + path + `"`, `-H "Authorization: Bearer $TOKEN"`}
	return strings.Join(append(lines, curlBody(op)...), " \\\n  ")
}

func curlBody(op *huma.Operation) []string {
	if op.RequestBody == nil {
		return nil
	}
	name := sortedKeys(op.RequestBody.Content)[0]
	if media, ok := op.RequestBody.Content[typeCSV]; ok {
		return []string{"-H 'Content-Type: " + typeCSV + "'", "--data-binary " + quoted(media.Example.(string))}
	}
	data, err := json.Marshal(op.RequestBody.Content[name].Example)
	if err != nil {
		panic(fmt.Errorf("an example can't be written: %w", err))
	}
	return []string{"-H 'Content-Type: " + name + "'", "-d " + quoted(string(data))}
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// block is a paragraph of a description, or code.
type block struct {
	Code bool
	Text string
}

// blocks splits a description at empty lines. A block of code is indented by four spaces.
func blocks(description string) []block {
	var list []block
	for text := range strings.SplitSeq(description, "\n\n") {
		code, ok := strings.CutPrefix(text, "    ")
		list = append(list, block{ok, code})
	}
	return list
}
