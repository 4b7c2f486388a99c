package template

// Authorizer is what an HTTP API asks of the tokens on its routes: a signature of the issuer, one of the audiences (claim aud, or
// client_id of a token without aud), and one of the scopes, if there are any.
type Authorizer struct {
	Issuer   Text
	Audience []Text
	Scopes   []string
}

// jwt is the name of the authorizer. A route that does not name it needs no token.
const jwt = "Jwt"

// readAPI ignores throttling and access logs of the HTTP API.
func (p *parser) readAPI(properties *object) {
	properties.ignore("FailOnWarnings", "DefaultRouteSettings", "AccessLogSettings")
	auth := properties.object("Auth")
	authorizers := auth.object("Authorizers")
	for name, authorizer := range authorizers.each() {
		if name != jwt {
			p.fail(authorizers.at(name), "is not supported on one machine: only %s is", jwt)
			continue
		}
		p.template.Authorizer = p.readAuthorizer(authorizer)
	}
	auth.close()
	properties.close()
}

func (p *parser) readAuthorizer(declared *object) *Authorizer {
	declared.oneOf("IdentitySource", "$request.header.Authorization")
	token := declared.object("JwtConfiguration")
	authorizer := &Authorizer{Issuer: token.text("issuer"), Scopes: declared.strings("AuthorizationScopes")}
	for _, node := range token.list("audience") {
		authorizer.Audience = append(authorizer.Audience, p.text(token.at("audience"), node))
	}
	if len(authorizer.Audience) == 0 {
		p.fail(token.at("audience"), "is missing")
	}
	token.close()
	declared.close()
	return authorizer
}

// checkAuthorizer fails if a route names an authorizer that is not declared.
func (p *parser) checkAuthorizer() {
	for _, function := range p.template.Functions {
		for _, route := range function.HTTP {
			if !route.Open && p.template.Authorizer == nil {
				p.fail(function.ID, "route %q has the authorizer %s, which is not declared", route.Path, jwt)
			}
		}
	}
}
