package template

// Authorizer is what an HTTP API asks of the tokens on its routes: a signature of the issuer, one of the audiences (claim aud, or
// client_id of a token without aud), and one of the scopes, if there are any.
type Authorizer struct {
	Issuer   Text
	Audience []Text
	Scopes   []string
}

// noAuthorizer opens a route.
const noAuthorizer = "NONE"

// readAPI ignores throttling and access logs of the HTTP API.
func (p *parser) readAPI(properties *object) {
	properties.ignore("FailOnWarnings", "DefaultRouteSettings", "AccessLogSettings")
	auth := properties.object("Auth")
	byDefault := auth.string("DefaultAuthorizer")
	authorizers := auth.object("Authorizers")
	for name, authorizer := range authorizers.each() {
		if name != byDefault {
			p.fail(authorizers.at(name), "is not supported on one machine: only the DefaultAuthorizer is")
			continue
		}
		p.template.Authorizer = p.readAuthorizer(authorizer)
	}
	if byDefault != "" && p.template.Authorizer == nil {
		p.fail(auth.at("DefaultAuthorizer"), "%q is not one of the Authorizers", byDefault)
	}
	auth.close()
	properties.close()
}

func (p *parser) readAuthorizer(declared *object) *Authorizer {
	declared.oneOf("IdentitySource", "$request.header.Authorization")
	jwt := declared.object("JwtConfiguration")
	authorizer := &Authorizer{Issuer: jwt.text("issuer"), Scopes: declared.strings("AuthorizationScopes")}
	for _, node := range jwt.list("audience") {
		authorizer.Audience = append(authorizer.Audience, p.text(jwt.at("audience"), node))
	}
	if len(authorizer.Audience) == 0 {
		p.fail(jwt.at("audience"), "is missing")
	}
	jwt.close()
	declared.close()
	return authorizer
}

// openRoutes opens all routes: there is nothing that could check a token.
func (p *parser) openRoutes() {
	for _, function := range p.template.Functions {
		for i := range function.HTTP {
			function.HTTP[i].Open = true
		}
	}
}
