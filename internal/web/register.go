package web

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// route is an operation of the API, with its documentation.
type route struct {
	id          string
	method      string
	path        string
	tag         string
	summary     string
	description string
	status      int            // of success; 0: 200
	refusals    []*problemType // without those that every operation has
	request     any            // example
	response    any            // example
	maxBody     int64          // 0: maxBody
	body        func() *huma.RequestBody
	responses   map[string]any // examples by content type, if produces has several
	produces    []string       // content types of success; empty: JSON
	need        need           // from the table of permissions
	proposes    bool           // it answers 202 if a second administrator has to approve the change first
}

// The limits of a body that is read into memory. An import is not: it is read line by line.
const (
	maxBody          = 128 << 10 // bytes: a record's data and some room
	maxOperationBody = 512 << 10 // bytes: 5,000 ids of 100 bytes
	bodyReadTimeout  = 10 * time.Second
)

func (a *api) newHuma(mux humago.Mux) huma.API {
	setUpHuma()
	made := humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Lethe", Version: a.version, Description: about,
				License: &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"},
			},
			Tags: tags,
			Components: &huma.Components{
				Schemas: newSchemas(),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A token of the issuer that the deployment trusts. Its subject is the actor of the changes, and its groups say what the actor may do."},
				},
			},
			Security: []map[string][]string{{"token": {}}},
		},
		Formats:                      map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	})
	made.UseMiddleware(a.admit(made.OpenAPI().Components.Schemas))
	return made
}

func newSchemas() huma.Registry {
	return huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
}

// register adds a route. The errors of handle are translated to problems.
func register[I, O any](a *api, r route, handle func(context.Context, *I) (*O, error)) {
	r.need = needOf(r.id)
	registration := func(to huma.API) {
		document := to.OpenAPI()
		huma.Register(to, describe(document, r, takesBody(reflect.TypeFor[I]())), func(ctx context.Context, in *I) (*O, error) {
			out, err := handle(ctx, in)
			if err != nil {
				return nil, a.refuse(ctx, a.problem(ctx, err))
			}
			return out, nil
		})
		addExamples(document, r)
		if responses := operationOf(document.Paths[r.path], r.method).Responses; r.proposes {
			proposed := *responses["200"]
			proposed.Description = "Accepted: it waits for a second administrator"
			responses["202"] = &proposed
		}
	}
	a.registrations = append(a.registrations, registration)
	a.mux.HandleFunc(r.method+" "+r.path, a.endpoint(registration))
}

func takesBody(input reflect.Type) bool {
	_, ok := input.FieldByName("Body")
	return ok
}

func describe(document *huma.OpenAPI, r route, body bool) huma.Operation {
	status := cmp.Or(r.status, http.StatusOK)
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Tags: []string{r.tag},
		Summary: r.summary, Description: r.description + "\n\n" + r.need.describe(), DefaultStatus: status,
		MaxBodyBytes: cmp.Or(r.maxBody, maxBody), BodyReadTimeout: bodyReadTimeout,
		Responses: responses(document, r, status, body), Extensions: r.need.extension(),
	}
	if r.body != nil {
		op.RequestBody = r.body()
	}
	return op
}

func responses(document *huma.OpenAPI, r route, status int, body bool) map[string]*huma.Response {
	responses := refusalResponses(document, r, body)
	if len(r.produces) > 0 {
		content := map[string]*huma.MediaType{}
		for _, contentType := range r.produces {
			content[contentType] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}, Example: r.responses[contentType]}
		}
		responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: content}
	}
	return responses
}

// refusalResponses returns the documentation of every problem that a route can answer, with an example of each.
func refusalResponses(document *huma.OpenAPI, r route, body bool) map[string]*huma.Response {
	types := append([]*problemType{badQuery, unauthenticated, invalid, internal, unavailable, busy, diskFull}, r.need.refusals()...)
	types = append(types, r.refusals...)
	if body {
		types = append(types, malformed, bodyTimeout, tooLarge, unsupported)
	}
	schema := document.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	responses := map[string]*huma.Response{}
	for status, same := range byStatus(types) {
		examples := map[string]*huma.Example{}
		for _, t := range same {
			examples[string(t.code)] = &huma.Example{Summary: t.title, Value: exampleProblem(t)}
		}
		responses[strconv.Itoa(status)] = &huma.Response{
			Description: describeTypes(same),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema, Examples: examples}},
		}
	}
	return responses
}

func byStatus(types []*problemType) map[int][]*problemType {
	grouped := map[int][]*problemType{}
	for _, t := range types {
		if !slices.Contains(grouped[t.status], t) {
			grouped[t.status] = append(grouped[t.status], t)
		}
	}
	return grouped
}

func describeTypes(types []*problemType) string {
	lines := make([]string, len(types))
	for i, t := range types {
		lines[i] = t.Error()
	}
	return strings.Join(lines, "\n\n")
}

// addExamples adds the examples of the request and of success. huma has no tag for them.
func addExamples(document *huma.OpenAPI, r route) {
	doc := operationOf(document.Paths[r.path], r.method)
	if r.request != nil && doc.RequestBody != nil {
		for name, media := range doc.RequestBody.Content {
			media.Example = r.request
			if strings.HasSuffix(name, "merge-patch+json") {
				doc.RequestBody.Content["application/json"] = media
			}
		}
	}
	if response := doc.Responses[strconv.Itoa(cmp.Or(r.status, http.StatusOK))]; r.response != nil {
		for media := range maps.Values(response.Content) {
			media.Example = r.response
		}
	}
}

func operationOf(item *huma.PathItem, method string) *huma.Operation {
	switch method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	}
	return nil
}
