package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"lethe/internal/loopback"
)

// Issuer describes an issuer of tokens by OpenID Connect: one public client, which asks for a scope, and people to choose
// from instead of passwords.
type Issuer struct {
	// URL is the issuer's name in its tokens, and its address: the caller passes requests on to the process.
	URL string `json:"issuer"`
	// Hosts are further values of Host that lead to it.
	Hosts []string `json:"hosts"`
	// Folder keeps the keys.
	Folder   string `json:"folder"`
	Client   string `json:"client"`
	Scope    string `json:"scope"`
	Audience string `json:"audience"`
	// Origins are where the client's pages are: the browser returns to /signed-in and /signed-out there.
	Origins []string `json:"origins"`
	People  []Person `json:"people"`
}

// Person is someone who can sign in.
type Person struct {
	ID      string   `json:"id"` // in the path of /tokens/{id}
	Subject string   `json:"subject"`
	Name    string   `json:"name"`
	Groups  []string `json:"groups"`
	// May says what this person may do, for the sign-in page.
	May       string `json:"may"`
	Suspended bool   `json:"suspended"` // the page says it; what it means is up to the API
}

// StartIssuer starts the issuer, and installs it first if necessary. It returns when the issuer listens. It checks the Host of
// a request and nothing else: the caller must guard it. The caller must Stop it.
func StartIssuer(ctx context.Context, issuer Issuer, options Options) (*Process, error) {
	if err := Install(ctx, Runtime, options.Progress); err != nil {
		return nil, err
	}
	address := loopback.Hidden()
	configuration, err := json.Marshal(struct {
		Issuer

		Address string `json:"address"`
	}{issuer, address})
	if err != nil {
		return nil, fmt.Errorf("start the issuer: %w", err)
	}
	process, err := launchScript(ctx, options, address, filepath.Join("issuer", "main.mjs"), string(configuration))
	if err != nil {
		return nil, fmt.Errorf("start the issuer: %w", err)
	}
	process.Name = "oidc-provider"
	return process, nil
}
