// Package loopback protects servers on this machine from web pages in its browser, which could otherwise send requests to
// them and read the answers.
package loopback

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Guard answers 403 to requests of web pages of another origin to the listener's address, and passes all others to next.
// It recognises them by a foreign Host (a name that resolves to this machine: DNS rebinding), by a foreign
// Origin, by Sec-Fetch-Site, or by a CORS preflight, which no page of Lethe needs. An opening lets some of them pass, but never
// with a foreign Host.
func Guard(address net.Addr, next http.Handler, openings ...Opening) http.Handler {
	hosts := hostsOf(address)
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if fault := foreign(request, hosts, openings); fault != "" {
			refuse(response, fault)
			return
		}
		next.ServeHTTP(response, request)
	})
}

// hostsOf returns the values of Host that lead to a listener on loopback.
func hostsOf(address net.Addr) []string {
	names := []string{"127.0.0.1", "localhost"}
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return nil // not loopback: everything is refused
	}
	if !tcp.IP.Equal(net.IPv4(127, 0, 0, 1)) {
		names = []string{tcp.IP.String()}
	}
	var hosts []string
	for _, name := range names {
		hosts = append(hosts, net.JoinHostPort(name, strconv.Itoa(tcp.Port)))
		if tcp.Port == 80 {
			hosts = append(hosts, name)
		}
	}
	return hosts
}

// foreign returns the reason to refuse a request as one of a foreign page, "" if there is no reason.
func foreign(request *http.Request, hosts []string, openings []Opening) string {
	host, header := strings.ToLower(request.Host), request.Header
	own := func(origin string) bool { return strings.EqualFold(origin, "http://"+host) }
	open := func(opening Opening) bool { return opening(request) }
	switch {
	case !slices.Contains(hosts, host):
		return fmt.Sprintf("the header Host is not %s", strings.Join(hosts, " or "))
	case slices.ContainsFunc(openings, open):
		return ""
	case !all(header.Values("Origin"), own):
		return "the header Origin names another site"
	case !all(header.Values("Sec-Fetch-Site"), harmless):
		return "the header Sec-Fetch-Site says that another site has sent it or links here; type the address into the browser instead"
	case len(header.Values("Access-Control-Request-Method")) > 0:
		return "it is a CORS preflight"
	}
	return ""
}

func harmless(site string) bool { return site == "same-origin" || site == "none" }

func all(values []string, hold func(string) bool) bool {
	return !slices.ContainsFunc(values, func(value string) bool { return !hold(value) })
}

// refuse answers 403 in the form of API Gateway's errors.
func refuse(response http.ResponseWriter, fault string) {
	text, err := json.Marshal(map[string]string{"message": "Refused: " + fault + ". Web pages of other sites must not reach what runs on this machine."})
	if err != nil {
		panic(err) // texts always encode
	}
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(http.StatusForbidden)
	_, _ = response.Write(text) // the client may have left
}
