package template_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/customer"
	"lethe/internal/template"
)

// lookup resolves a reference to a text that shows the reference.
func lookup(r template.Reference) (string, error) {
	return "<" + r.Resource + "." + r.Attribute + ">", nil
}

func TestTheDeployedTemplate(t *testing.T) {
	t.Parallel()
	got, err := template.Load("../../template.yaml", map[string]string{"PurgeGrace": "PT5S"})
	if err != nil {
		t.Fatal(err)
	}
	wantTables := []template.Table{
		{
			ID: "Table", Keys: template.Keys{Hash: "pk", Range: "sk"}, TTL: "ttl", Stream: "NEW_AND_OLD_IMAGES",
			Attributes: map[string]string{"pk": "S", "sk": "S", "ipk": "S", "isk": "S", "dpk": "S", "dsk": "S"},
			Indexes: []template.Index{{
				Name: "lists", Keys: template.Keys{Hash: "ipk", Range: "isk"}, Projection: "INCLUDE",
				Include: []string{"version", "state", "blocked", "nholds", "profile", "deletion", "row"},
			}, {
				Name: "days", Keys: template.Keys{Hash: "dpk", Range: "dsk"}, Projection: "ALL",
			}},
		},
		{ID: "Ledger", Keys: template.Keys{Hash: "pk", Range: "sk"}, Attributes: map[string]string{"pk": "S", "sk": "S"}},
	}
	if diff := cmp.Diff(wantTables, got.Tables); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	functions := map[string]template.Function{}
	for _, function := range got.Functions {
		functions[function.Name] = function
	}
	wantRoutes := map[string][]template.HTTPEvent{
		"api": {
			{Path: "/v1/{proxy+}", Timeout: 30 * time.Second},
			{Path: "/docs", Open: true, Timeout: 30 * time.Second}, {Path: "/docs/{proxy+}", Open: true, Timeout: 30 * time.Second},
			{Path: "/openapi.json", Open: true, Timeout: 30 * time.Second}, {Path: "/openapi.yaml", Open: true, Timeout: 30 * time.Second},
		},
		"dashboard": {{Open: true, Timeout: 30 * time.Second}},
	}
	for name, want := range wantRoutes {
		if diff := cmp.Diff(want, functions[name].HTTP); diff != "" {
			t.Errorf("routes of %s (-want +got):\n%s", name, diff)
		}
	}
	if len(functions["work"].Queues) != 1 || len(functions["purge"].Schedules) != 1 || len(functions["stream"].Streams) != 1 {
		t.Errorf("functions and their events: %+v", functions)
	}
	for name, want := range map[string]string{"TABLE": "<Table.>", "QUEUE_URL": "<Work.>", "PURGE_GRACE": "PT5S"} {
		if value, err := functions["work"].Environment[name].Resolve(lookup); err != nil || value != want {
			t.Errorf("environment variable %s of work is %q, %v; want %q", name, value, err, want)
		}
	}
}

const small = `
Parameters:
  Size: { Type: Number, Default: 7, MinValue: 1, MaxValue: 9 }
  Color: { Type: String, Default: red, AllowedValues: [red, blue] }
  Name: { Type: String, AllowedPattern: "[a-z]+" }
Rules:
  BlueIsSmall:
    RuleCondition: !Equals [!Ref Color, blue]
    Assertions: [{ Assert: !Not [!Equals [!Ref Size, 9]], AssertDescription: blue is small }]
Conditions:
  IsRare: !And [!Condition IsBlue, !Equals [!Ref Size, 8]]
  IsBlue: !Equals [!Ref Color, blue]
Globals:
  Function:
    CodeUri: .
    Runtime: provided.al2023
    Handler: bootstrap
    Environment: { Variables: { A: global, B: !Ref Color } }
Resources:
  Log: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: !Ref Unknown } }
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      StreamSpecification: { StreamViewType: KEYS_ONLY }
  Dead: { Type: AWS::SQS::Queue }
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !If [IsRare, 60, !Ref Size]
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 }
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        Authorizers:
          Jwt: { AuthorizationScopes: [a/b], JwtConfiguration: { issuer: !Ref Color, audience: [!Ref Queue] } }
  Rare: { Type: AWS::SQS::Queue, Condition: IsBlue }
  DoItFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: makefile }
    Properties:
      Timeout: 20
      Environment: { Variables: { A: !Sub "x-${Queue}-${Dead.Arn}-${Color}-${!kept}", C: !GetAtt Table.StreamArn } }
      Events:
        Http: { Type: HttpApi, Properties: { ApiId: !Ref Api, Auth: { Authorizer: Jwt } } }
        Poll: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailures] } }
        Read:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: LATEST
            MaximumBatchingWindowInSeconds: 2
            FilterCriteria: { Filters: [{ Pattern: '{"eventName":["REMOVE"]}' }] }
            DestinationConfig: { OnFailure: { Destination: !GetAtt Dead.Arn } }
        Tick: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 hour), Input: "{}" } }
`

func TestDefaultsAndFunctions(t *testing.T) {
	t.Parallel()
	got, err := template.Parse([]byte(small), map[string]string{"Color": "blue"})
	if err != nil {
		t.Fatal(err)
	}
	wantQueues := []template.Queue{
		{ID: "Dead", Visibility: 30 * time.Second, Retention: 96 * time.Hour},
		{ID: "Queue", Visibility: 7 * time.Second, Retention: 96 * time.Hour, DeadLetters: "Dead", MaxReceives: 3},
		{ID: "Rare", Visibility: 30 * time.Second, Retention: 96 * time.Hour},
	}
	if diff := cmp.Diff(wantQueues, got.Queues); diff != "" {
		t.Errorf("queues (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(authorizer{"blue", []string{"<Queue.>"}, []string{"a/b"}}, resolved(t, got)); diff != "" {
		t.Errorf("authorizer (-want +got):\n%s", diff)
	}
	function := got.Functions[0]
	environment := map[string]string{}
	for name, text := range function.Environment {
		if environment[name], err = text.Resolve(lookup); err != nil {
			t.Error(err)
		}
	}
	wantEnvironment := map[string]string{"A": "x-<Queue.>-<Dead.Arn>-blue-${kept}", "B": "blue", "C": "<Table.StreamArn>"}
	if diff := cmp.Diff(wantEnvironment, environment); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	function.Environment = nil
	want := template.Function{
		ID: "DoItFunction", Name: "doit", Timeout: 20 * time.Second, Memory: 128, AsyncRetries: 2, AsyncAge: 6 * time.Hour,
		HTTP:   []template.HTTPEvent{{Timeout: 30 * time.Second}},
		Queues: []template.QueueEvent{{Queue: "Queue", BatchSize: 10, PartialFailure: true}},
		Streams: []template.StreamEvent{{
			Table: "Table", BatchSize: 100, Window: 2 * time.Second, Parallelization: 1, MaxRetries: -1, OnFailure: "Dead",
			Filters: []json.RawMessage{json.RawMessage(`{"eventName":["REMOVE"]}`)},
		}},
		Schedules: []template.ScheduleEvent{{Expression: "rate(1 hour)", Input: "{}"}},
	}
	if diff := cmp.Diff(want, function); diff != "" {
		t.Errorf("function (-want +got):\n%s", diff)
	}
}

func TestWhatIsNotSupportedIsNamed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		old, new   string // a change of the small template
		parameters map[string]string
		want       string
	}{
		{"type of a resource", "Dead: { Type: AWS::SQS::Queue }", "Dead: { Type: AWS::SNS::Topic }", nil, `Dead: type "AWS::SNS::Topic"`},
		{"property of a queue", "VisibilityTimeout: !If [IsRare, 60, !Ref Size]", "FifoQueue: true", nil, "Queue.FifoQueue: is not supported on one machine"},
		{"property of a table", "BillingMode: PAY_PER_REQUEST", "BillingMode: PROVISIONED", nil, `Table.BillingMode: "PROVISIONED"`},
		{"key without a type", "AttributeName: pk, AttributeType", "AttributeName: other, AttributeType", nil, `Table: key attribute "pk"`},
		{"property of a function", "Timeout: 20", "Layers: [x]", nil, "DoItFunction.Layers: is not supported on one machine"},
		{"another runtime", "Runtime: provided.al2023", "Runtime: go1.x", nil, `DoItFunction.Runtime: "go1.x" is not supported: use one of ["provided.al2023"]`},
		{"event", "Type: ScheduleV2", "Type: S3", nil, `DoItFunction.Events.Tick: type "S3" is not supported: use HttpApi, SQS, DynamoDB or ScheduleV2`},
		{"property of an event", "Input: \"{}\"", "GroupName: g", nil, "DoItFunction.Events.Tick.GroupName"},
		{"variable in the path of a route", "{ ApiId: !Ref Api,", "{ ApiId: !Ref Api, Path: '/x/{y}/z', Method: ANY,", nil, "DoItFunction.Events.Http.Path"},
		{"method of a route", "{ ApiId: !Ref Api,", "{ ApiId: !Ref Api, Path: /x, Method: GET,", nil, `DoItFunction.Events.Http.Method: "GET"`},
		{"scopes of a route", "{ Authorizer: Jwt }", "{ Authorizer: Jwt, AuthorizationScopes: [x] }", nil, "DoItFunction.Events.Http.Auth.AuthorizationScopes"},
		{"large batches", "Queue: !GetAtt Queue.Arn,", "Queue: !GetAtt Queue.Arn, BatchSize: 11,", nil, "DoItFunction.Events.Poll.BatchSize"},
		{"unknown condition", "Type: AWS::DynamoDB::Table", "Type: AWS::DynamoDB::Table\n    Condition: Sometimes", nil, `Table.Condition: condition "Sometimes" is not declared`},
		{"unknown condition of a value", "!If [IsRare,", "!If [Sometimes,", nil, `Resources.Queue.Properties.VisibilityTimeout: condition "Sometimes" is not declared`},
		{"values of a condition", "!If [IsRare, 60, !Ref Size]", "!If [IsRare, 60]", nil, "Resources.Queue.Properties.VisibilityTimeout: line"},
		{"condition that depends on itself", "!And [!Condition IsBlue,", "!And [!Condition IsRare,", nil, `"IsRare" is not declared, or depends on itself`},
		{"function of a condition", "IsBlue: !Equals", "IsBlue: !Contains", nil, "Conditions.IsBlue: line"},
		{"broken rule", "", "", map[string]string{"Color": "blue", "Size": "9"}, "BlueIsSmall: blue is small"},
		{"fields of a rule", "RuleCondition:", "Condition:", nil, "Rules.BlueIsSmall.Condition: is not supported"},
		{"function of a rule", "Assert: !Not [!Equals [!Ref Size, 9]]", "Assert: !EachMemberIn [[a], [a]]", map[string]string{"Color": "blue"}, "Rules.BlueIsSmall.Assertions[0].Assert: line"},
		{"second authorizer", "Authorizers:", "Authorizers:\n          Other: {}", nil, "Api.Auth.Authorizers.Other: is not supported"},
		{"default authorizer", "Authorizers:", "DefaultAuthorizer: Jwt\n        Authorizers:", nil, "Api.Auth.DefaultAuthorizer: is not supported"},
		{"missing authorizer", "          Jwt: {", "          Other: {", nil, `DoItFunction: route "" has the authorizer Jwt, which is not declared`},
		{"property of an authorizer", "{ AuthorizationScopes: [a/b],", "{ EnableSimpleResponses: true,", nil, "Api.Auth.Authorizers.Jwt.EnableSimpleResponses"},
		{"place of the token", "{ AuthorizationScopes: [a/b],", "{ IdentitySource: $request.querystring.t,", nil, `Api.Auth.Authorizers.Jwt.IdentitySource: "$request.querystring.t"`},
		{"authorizer without an audience", "audience: [!Ref Queue]", "audience: []", nil, "Api.Auth.Authorizers.Jwt.JwtConfiguration.audience: is missing"},
		{"authorizer without an issuer", "issuer: !Ref Color,", "", nil, "Api.Auth.Authorizers.Jwt.JwtConfiguration.issuer: is missing"},
		{"authorizer of a route", "{ Authorizer: Jwt }", "{ Authorizer: Other }", nil, `DoItFunction.Events.Http.Auth.Authorizer: "Other"`},
		{"function of CloudFormation", "VisibilityTimeout: !If [IsRare, 60, !Ref Size]", "VisibilityTimeout: !Join [A, [1, 2]]", nil, "Queue.VisibilityTimeout: line"},
		{"long form of a function", "VisibilityTimeout: !If [IsRare, 60, !Ref Size]", "VisibilityTimeout: { Ref: Size }", nil, "Queue.VisibilityTimeout: line"},
		{"reference to nothing", "VisibilityTimeout: !If [IsRare, 60, !Ref Size]", "VisibilityTimeout: !Ref Nothing", nil, `"Nothing" is neither`},
		{"reference to another kind", "Stream: !GetAtt Table.StreamArn", "Stream: !GetAtt Queue.Arn", nil, "DoItFunction.Events.Read.Stream"},
		{"section", "Globals:", "Mappings: {}\nGlobals:", nil, "template.Mappings"},
		{"unknown parameter", "", "", map[string]string{"Colour": "red"}, "Colour: the template has no such parameter; it has "},
		{"value not allowed", "", "", map[string]string{"Color": "green"}, `Color: "green" is not allowed: use one of ["red" "blue"]`},
		{"number out of range", "", "", map[string]string{"Size": "10"}, "Size: 10 is out of range: use 1 to 9"},
		{"not a number", "", "", map[string]string{"Size": "x"}, `Size: "x" must be a number`},
		{"pattern", "", "", map[string]string{"Name": "1"}, `Name: "1" does not match`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(small, test.old, test.new, 1)
			if test.old != "" && changed == small {
				t.Fatalf("the template has no %q", test.old)
			}
			_, err := template.Parse([]byte(changed), test.parameters)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

// TestPeriodsThatTheTemplateTakes compares the patterns of the template's parameters with the periods that the functions accept:
// the functions of a deployed stack must not refuse to start.
func TestPeriodsThatTheTemplateTakes(t *testing.T) {
	for _, text := range []string{
		"P30D", "PT5S", "P1W", "P2W3D", "P1DT12H", "PT1H30M", "PT90M", "PT1H1M1S", "P1WT1S", "P0D", "PT0S",
		"P", "PT", "P1DT", "P1Y", "P6M", "P1M", "1D", "P1H", "PT1D", "P1D1W", "PT1S1M", "p1d", "P-1D", "P1.5D", "", "never", "Never",
	} {
		period, err := customer.ParsePeriod(text)
		_, finite := period.Length()
		for name, takes := range map[string]bool{"Retention": err == nil, "PurgeGrace": err == nil && finite, "AuditRetention": err == nil && finite} {
			_, refused := template.Load("../../template.yaml", map[string]string{name: text})
			if (refused == nil) != takes {
				t.Errorf("%s %q: the functions take it: %t; the template: %v", name, text, takes, refused)
			}
		}
	}
}
