package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// partial sends the first half of a batch and answers that the rest is unprocessed.
func partial(next aws.HTTPClient, r *http.Request, operation string) (*http.Response, error) {
	if operation != "BatchWriteItem" && operation != "BatchGetItem" && operation != "BatchExecuteStatement" {
		return next.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if operation == "BatchExecuteStatement" {
		return partialStatements(next, r, body)
	}
	request := map[string]json.RawMessage{}
	tables := map[string]json.RawMessage{}
	if err := unmarshalBoth(body, &request, "RequestItems", &tables); err != nil {
		return nil, err
	}
	unprocessed, err := halve(tables, operation == "BatchGetItem")
	if err != nil {
		return nil, err
	}
	if request["RequestItems"], err = json.Marshal(tables); err != nil {
		return nil, err
	}
	response, err := doWith(next, r, request)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	return answerWith(response, unprocessedField(operation), unprocessed)
}

// throttledStatement is the answer of AWS for a throttled statement of a batch.
var throttledStatement = json.RawMessage(`{"Error":{"Code":"ThrottlingError","Message":"Throughput exceeds the current capacity of your table or index."}}`)

// partialStatements sends the first half of a batch of statements and answers that the rest is throttled.
func partialStatements(next aws.HTTPClient, r *http.Request, body []byte) (*http.Response, error) {
	var statements []json.RawMessage
	request := map[string]json.RawMessage{}
	if err := unmarshalBoth(body, &request, "Statements", &statements); err != nil {
		return nil, err
	}
	half := (len(statements) + 1) / 2
	var err error
	if request["Statements"], err = json.Marshal(statements[:half]); err != nil {
		return nil, err
	}
	response, err := doWith(next, r, request)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	answer := map[string]json.RawMessage{}
	var answers []json.RawMessage
	if body, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	if err := unmarshalBoth(body, &answer, "Responses", &answers); err != nil {
		return nil, err
	}
	for range len(statements) - half {
		answers = append(answers, throttledStatement)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return answerWith(response, "Responses", answers)
}

// doWith sends the request with another document as its body.
func doWith(next aws.HTTPClient, r *http.Request, document any) (*http.Response, error) {
	body, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return next.Do(r)
}

func unprocessedField(operation string) string {
	if operation == "BatchGetItem" {
		return "UnprocessedKeys"
	}
	return "UnprocessedItems"
}

func unmarshalBoth(body []byte, outer *map[string]json.RawMessage, field string, inner any) error {
	if err := json.Unmarshal(body, outer); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	return json.Unmarshal((*outer)[field], inner)
}

// halve keeps the first half of every table's requests, at least one, and returns the rest in the same
// form.
func halve(tables map[string]json.RawMessage, reads bool) (rest map[string]json.RawMessage, err error) {
	rest = map[string]json.RawMessage{}
	for name, raw := range tables {
		fields, list := map[string]json.RawMessage{}, raw
		if reads {
			if err := json.Unmarshal(raw, &fields); err != nil {
				return nil, err
			}
			list = fields["Keys"]
		}
		var items []json.RawMessage
		if err := json.Unmarshal(list, &items); err != nil {
			return nil, err
		}
		if len(items) < 2 {
			continue
		}
		half := (len(items) + 1) / 2
		if tables[name], err = pack(fields, items[:half], reads); err != nil {
			return nil, err
		}
		if rest[name], err = pack(fields, items[half:], reads); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

func pack(fields map[string]json.RawMessage, items []json.RawMessage, reads bool) (json.RawMessage, error) {
	list, err := json.Marshal(items)
	if err != nil || !reads {
		return list, err
	}
	fields["Keys"] = list
	return json.Marshal(fields)
}

// answerWith replaces a field of a JSON answer and removes the checksum, which is wrong then.
func answerWith(response *http.Response, field string, value any) (*http.Response, error) {
	defer response.Body.Close()
	answer := map[string]json.RawMessage{}
	err := json.NewDecoder(response.Body).Decode(&answer)
	if err != nil {
		return nil, err
	}
	if answer[field], err = json.Marshal(value); err != nil {
		return nil, err
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Del("X-Amz-Crc32")
	response.Header.Del("Content-Length")
	return response, nil
}
