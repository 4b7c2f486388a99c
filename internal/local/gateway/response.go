package gateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// readResponse decodes the function's result: a response of payload format 2.0, or any other JSON, which becomes
// the body of a 200.
func readResponse(answer []byte) (response events.APIGatewayV2HTTPResponse, body []byte, err error) {
	if err := json.Unmarshal(answer, &response); err != nil || response.StatusCode == 0 {
		if !json.Valid(answer) {
			return response, nil, errors.New("the function's response is not JSON")
		}
		response = events.APIGatewayV2HTTPResponse{StatusCode: http.StatusOK, Headers: map[string]string{"Content-Type": "application/json"}}
		return response, answer, nil
	}
	if response.StatusCode < 200 || response.StatusCode > 599 {
		return response, nil, fmt.Errorf("the function's response has status %d", response.StatusCode)
	}
	if !response.IsBase64Encoded {
		return response, []byte(response.Body), nil
	}
	if body, err = base64.StdEncoding.DecodeString(response.Body); err != nil {
		return response, nil, fmt.Errorf("decode the body of the function's response: %w", err)
	}
	return response, body, nil
}

func write(w http.ResponseWriter, response events.APIGatewayV2HTTPResponse, body []byte) {
	for name, value := range response.Headers {
		w.Header().Set(name, value)
	}
	for _, cookie := range response.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
	}
	// The server sets the length itself; a length from the function could only contradict it.
	w.Header().Del("Content-Length")
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(body) // the client may have left
}
