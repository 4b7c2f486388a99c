package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
)

// Streams returns a client of the streams of tables. DynamoDB Local 3.3.1 writes an empty map in a stream as {}, without its
// type, and the SDK (dynamodbstreams 1.46) then gives it the value of the attribute it has read before. The
// client adds the type, as AWS does.
func Streams(config aws.Config) *dynamodbstreams.Client {
	if config.HTTPClient == nil {
		config.HTTPClient = awshttp.NewBuildableClient()
	}
	config.HTTPClient = typingClient{config.HTTPClient}
	return dynamodbstreams.NewFromConfig(config)
}

type typingClient struct{ next aws.HTTPClient }

// Do adds the types of the maps in a successful answer.
func (c typingClient) Do(request *http.Request) (*http.Response, error) {
	response, err := c.next.Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close() // read to its end, or failed
	if err != nil {
		return nil, err
	}
	if body, err = typeMaps(body); err != nil {
		return nil, fmt.Errorf("answer of the stream: %w", err)
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return response, nil
}

// typeMaps adds the missing types of attribute values in an answer of GetRecords. It returns other answers unchanged.
func typeMaps(body []byte) ([]byte, error) {
	if !bytes.Contains(body, []byte(":{}")) && !bytes.Contains(body, []byte("[{}")) && !bytes.Contains(body, []byte(",{}")) {
		return body, nil
	}
	var answer map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil {
		return nil, err
	}
	records, _ := answer["Records"].([]any)
	for _, record := range records {
		change, _ := member(record, "dynamodb").(map[string]any)
		typeImage(change["NewImage"])
		typeImage(change["OldImage"])
	}
	return json.Marshal(answer)
}

func member(object any, name string) any {
	members, _ := object.(map[string]any)
	return members[name]
}

// typeImage types the values of an item, or of a map in it.
func typeImage(image any) {
	attributes, _ := image.(map[string]any)
	for _, value := range attributes {
		typeValue(value)
	}
}

func typeValue(value any) {
	attribute, isObject := value.(map[string]any)
	if isObject && len(attribute) == 0 {
		attribute["M"] = map[string]any{}
		return
	}
	typeImage(attribute["M"])
	list, _ := attribute["L"].([]any)
	for _, element := range list {
		typeValue(element)
	}
}
