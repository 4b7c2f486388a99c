package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"lethe/internal/customer"
)

func (a *api) settingsRoutes() {
	register(a, route{
		id: "get-settings", method: http.MethodGet, path: "/v1/settings", tag: "Settings",
		summary:     "Show the settings",
		description: "How long the trash keeps customers, and what becomes of each kind of record when its customer is deleted.",
		response:    exampleSettings,
	}, a.showSettings)
	register(a, route{
		id: "update-settings", method: http.MethodPut, path: "/v1/settings", tag: "Settings",
		summary:     "Replace the settings",
		description: "Names the version it replaces, as version in the body or as If-Match. Kinds can be added and changed, not removed. Customers in the trash keep the purge time they have, and purges that have begun the policies they began with. It is answered when the new settings are in force everywhere, which takes a few seconds.",
		refusals:    []*problemType{versionMismatch, versionRequired, badIfMatch, unconfirmed},
		request:     exampleNewSettings, response: exampleSettings,
	}, a.updateSettings)
	register(a, route{
		id: "preview-settings", method: http.MethodPost, path: "/v1/settings/preview", tag: "Settings",
		summary:     "Preview a retention",
		description: "Counts when the customers now in the trash would be purged if this retention had been in force when they were deleted. Changes nothing.",
		request:     examplePreview, response: exampleForecast,
	}, a.preview)
}

// Settings are what an operator of the platform decides.
type Settings struct {
	Version   int64  `json:"version" doc:"Counts changes; 0 until somebody makes the first."`
	Retention string `json:"retention" maxLength:"40" doc:"Time in the trash: an ISO 8601 period of weeks, days, hours, minutes and seconds, never, or PT0S for at once." example:"P30D"`
	Kinds     []Kind `json:"kinds" maxItems:"40" doc:"Of records, by name."`

	Changed *Changed `json:"changed,omitempty" doc:"Missing until somebody makes the first change."`
}

// Changed says whose change made the settings what they are.
type Changed struct {
	At time.Time `json:"at"`
	By string    `json:"by" doc:"The subject." example:"auth0|5f7c8ec7c33c6c004bbafe82"`
}

// NewSettings are settings to be.
type NewSettings struct {
	Version      *int64 `json:"version,omitempty" minimum:"0" doc:"The version that this replaces; needed unless If-Match names it."`
	Retention    string `json:"retention" maxLength:"40" doc:"Time in the trash: an ISO 8601 period of weeks, days, hours, minutes and seconds, never, or PT0S for at once." example:"P30D"`
	Kinds        []Kind `json:"kinds" maxItems:"40" doc:"All kinds, those in force included."`
	Acknowledged bool   `json:"acknowledged,omitempty" doc:"Needed when a shorter retention leaves less than a day to undo a deletion."`

	Changed *Changed `json:"changed,omitempty" readOnly:"true" doc:"Ignored, so that what was read can be sent back: who makes the change is whoever sends it."`
}

// Kind is a kind of record.
type Kind struct {
	Name    string   `json:"name" maxLength:"32" example:"invoice"`
	Policy  string   `json:"policy" enum:"restrict,cascade,retain" doc:"When the customer is deleted: restrict blocks that, cascade goes with it, retain is kept for the law, stripped and cut loose at the purge."`
	Keep    []string `json:"keep,omitempty" maxItems:"30" doc:"With retain: the fields of data that stay."`
	KeepFor string   `json:"keepFor,omitempty" maxLength:"40" doc:"With retain, and needed there: how long they stay after the purge." example:"P3650D"`
}

func settingsOf(s customer.Settings) Settings {
	doc := Settings{Version: s.Version, Retention: s.Retention.String(), Kinds: documents(s.Kinds, kindDocument)}
	if s.Changed != (customer.Changed{}) {
		doc.Changed = &Changed{timeOf(s.Changed.At), s.Changed.By}
	}
	return doc
}

func kindDocument(k customer.Kind) Kind {
	doc := Kind{Name: k.Name, Policy: string(k.Policy), Keep: k.Keep}
	if k.Policy == customer.Retain {
		doc.KeepFor = k.For.String()
	}
	return doc
}

func (s NewSettings) settings() (customer.Settings, error) {
	retention, err := period("retention", s.Retention)
	if err != nil {
		return customer.Settings{}, err
	}
	wanted := customer.Settings{Retention: retention}
	for _, k := range s.Kinds {
		kind, err := k.kind()
		if err != nil {
			return wanted, err
		}
		wanted.Kinds = append(wanted.Kinds, kind)
	}
	slices.SortStableFunc(wanted.Kinds, func(a, b customer.Kind) int { return cmp.Compare(a.Name, b.Name) })
	return wanted, nil
}

func (k Kind) kind() (customer.Kind, error) {
	kind := customer.Kind{Name: k.Name, Policy: customer.Policy(k.Policy), Keep: k.Keep}
	switch {
	case kind.Policy != customer.Retain && k.KeepFor != "":
		return kind, customer.Invalid("kinds.keepFor", "belongs to the policy retain only")
	case kind.Policy != customer.Retain:
		return kind, nil
	case k.KeepFor == "":
		return kind, customer.Invalid("kinds.keepFor", "say how long the law wants "+k.Name+" kept, as in P3650D, or never for without end")
	}
	length, err := period("kinds.keepFor", k.KeepFor)
	kind.For = length
	return kind, err
}

func period(field, text string) (customer.Period, error) {
	p, err := customer.ParsePeriod(text)
	if err != nil {
		return p, customer.Invalid(field, "must be a period of at most 100 years: days as P30D, seconds as PT5S, or never")
	}
	return p, nil
}

type settingsOutput struct {
	ETag string `header:"ETag" doc:"The version, for If-Match."`
	Body Settings
}

func (a *api) showSettings(ctx context.Context, _ *struct{}) (*settingsOutput, error) {
	s, err := a.svc.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return &settingsOutput{ETag: etag(s.Version), Body: settingsOf(s)}, nil
}

type updateSettingsInput struct {
	Conditional
	Body NewSettings
}

// replaces is the version that the request names, in one or both of two places.
func (in *updateSettingsInput) replaces() (int64, error) {
	named, header := in.Body.Version, in.IfMatch != "" && in.IfMatch != "*"
	if !header {
		if named == nil {
			return 0, versionRequired
		}
		return *named, nil
	}
	version, err := in.named()
	if err == nil && named != nil && *named != version {
		err = customer.ErrVersion
	}
	return version, err
}

func (a *api) updateSettings(ctx context.Context, in *updateSettingsInput) (*settingsOutput, error) {
	wanted, err := in.Body.settings()
	if err != nil {
		return nil, err
	}
	if wanted.Version, err = in.replaces(); err != nil {
		return nil, err
	}
	s, err := a.svc.UpdateSettings(ctx, wanted, in.Body.Acknowledged, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	return &settingsOutput{ETag: etag(s.Version), Body: settingsOf(s)}, nil
}

// Preview asks what a retention would mean.
type Preview struct {
	Retention string `json:"retention" maxLength:"40" example:"P7D"`
}

// Forecast counts the customers in the trash by when they would be purged.
type Forecast struct {
	InTrash  int        `json:"inTrash" doc:"Customers looked at."`
	Held     int        `json:"held" doc:"Under legal hold: not before it is lifted."`
	Never    int        `json:"never"`
	DueNow   int        `json:"dueNow"`
	DueDay   int        `json:"dueDay" doc:"Within a day, those due now not counted."`
	DueWeek  int        `json:"dueWeek" doc:"Within a week, likewise."`
	DueMonth int        `json:"dueMonth" doc:"Within 30 days, likewise."`
	Later    int        `json:"later"`
	Earliest *time.Time `json:"earliest,omitempty" doc:"The first purge still to come."`
	Complete bool       `json:"complete" doc:"false: the trash is larger than was looked at."`
}

type previewInput struct{ Body Preview }

type previewOutput struct{ Body Forecast }

func (a *api) preview(ctx context.Context, in *previewInput) (*previewOutput, error) {
	retention, err := period("retention", in.Body.Retention)
	if err != nil {
		return nil, err
	}
	f, err := a.svc.Forecast(ctx, retention)
	if err != nil {
		return nil, err
	}
	return &previewOutput{Body: forecastOf(f)}, nil
}

func forecastOf(f customer.Forecast) Forecast {
	doc := Forecast{
		InTrash: f.InTrash, Held: f.Held, Never: f.Never, DueNow: f.DueNow, DueDay: f.DueDay,
		DueWeek: f.DueWeek, DueMonth: f.DueMonth, Later: f.Later, Complete: f.Complete,
	}
	if !f.Earliest.IsZero() {
		doc.Earliest = new(timeOf(f.Earliest))
	}
	return doc
}
