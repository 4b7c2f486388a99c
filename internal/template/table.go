package template

import "slices"

// Table is a DynamoDB table, billed on demand.
type Table struct {
	ID      string
	Keys    Keys
	Indexes []Index
	// Attributes holds the type (S, N or B) of each attribute that is part of a key.
	Attributes map[string]string
	// TTL is the attribute with the expiry time of an item, "" if items do not expire.
	TTL string
	// Stream is the view type of the table's stream, "" for no stream.
	Stream string
}

// Keys are the attributes that identify an item. Range may be empty.
type Keys struct{ Hash, Range string }

// Index is a global secondary index.
type Index struct {
	Name       string
	Keys       Keys
	Projection string // ALL, KEYS_ONLY or INCLUDE
	Include    []string
}

func (p *parser) readTable(id string, properties *object) {
	properties.ignore("DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "ResourcePolicy", "SSESpecification", "Tags")
	properties.oneOf("BillingMode", "PAY_PER_REQUEST")
	table := Table{ID: id, Keys: readKeys(properties), Attributes: map[string]string{}}
	for _, attribute := range properties.objects("AttributeDefinitions") {
		table.Attributes[attribute.string("AttributeName")] = attribute.oneOf("AttributeType", "S", "N", "B")
		attribute.close()
	}
	for _, index := range properties.objects("GlobalSecondaryIndexes") {
		table.Indexes = append(table.Indexes, readIndex(index))
	}
	table.TTL = readTTL(properties.object("TimeToLiveSpecification"))
	stream := properties.object("StreamSpecification")
	table.Stream = stream.oneOf("StreamViewType", "", "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY")
	stream.close()
	properties.close()
	p.checkKeys(table)
	p.template.Tables = append(p.template.Tables, table)
}

func readKeys(properties *object) Keys {
	var keys Keys
	for _, key := range properties.objects("KeySchema") {
		switch name := key.string("AttributeName"); key.oneOf("KeyType", "HASH", "RANGE") {
		case "HASH":
			keys.Hash = name
		case "RANGE":
			keys.Range = name
		}
		key.close()
	}
	if keys.Hash == "" {
		properties.parser.fail(properties.at("KeySchema"), "must have a HASH key")
	}
	return keys
}

func readIndex(properties *object) Index {
	index := Index{Name: properties.string("IndexName"), Keys: readKeys(properties)}
	projection := properties.object("Projection")
	index.Projection = projection.oneOf("ProjectionType", "ALL", "KEYS_ONLY", "INCLUDE")
	index.Include = projection.strings("NonKeyAttributes")
	projection.close()
	properties.close()
	return index
}

func readTTL(properties *object) string {
	attribute, enabled := properties.string("AttributeName"), properties.bool("Enabled")
	properties.close()
	if !enabled {
		return ""
	}
	return attribute
}

func (p *parser) checkKeys(table Table) {
	keys := []string{table.Keys.Hash, table.Keys.Range}
	for _, index := range table.Indexes {
		keys = append(keys, index.Keys.Hash, index.Keys.Range)
	}
	for _, key := range keys {
		if key != "" && table.Attributes[key] == "" {
			p.fail(table.ID, "key attribute %q is missing in AttributeDefinitions: add it", key)
		}
	}
	for attribute := range table.Attributes {
		if !slices.Contains(keys, attribute) {
			p.fail(table.ID, "attribute %q is in AttributeDefinitions, but no key has it: remove it", attribute)
		}
	}
}
