package recorded

import (
	"crypto/md5" //nolint:gosec // SQS answers with MD5, and the SDK compares it
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// queueOperations are the operations of SQS that the functions use. There is no engine of SQS: the proxy keeps the messages.
var queueOperations = map[string]bool{"SendMessageBatch": true, "GetQueueAttributes": true}

func (p *proxy) queue(operation string, body []byte) (*answer, error) {
	if operation == "GetQueueAttributes" {
		count := strconv.Itoa(p.backlog)
		return ok(map[string]any{"Attributes": map[string]string{
			"ApproximateNumberOfMessages": count, "ApproximateNumberOfMessagesDelayed": "0", "ApproximateNumberOfMessagesNotVisible": "0",
		}})
	}
	var in struct {
		Entries []struct {
			ID          string `json:"Id"`
			MessageBody string
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	type sent struct {
		ID               string `json:"Id"`
		MessageID        string `json:"MessageId"`
		MD5OfMessageBody string
	}
	var all []sent
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range in.Entries {
		p.messages = append(p.messages, e.MessageBody)
		sum := md5.Sum([]byte(e.MessageBody)) //nolint:gosec // as above
		all = append(all, sent{e.ID, strconv.Itoa(len(p.messages)), hex.EncodeToString(sum[:])})
	}
	return ok(map[string]any{"Successful": all, "Failed": []any{}})
}

func ok(body any) (*answer, error) {
	data, err := json.Marshal(body)
	return &answer{http.StatusOK, http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, data}, err
}
