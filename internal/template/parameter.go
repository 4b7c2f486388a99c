package template

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
)

// readParameters sets the value of each parameter: the override, else the default. A parameter without a value is an
// error only if something uses it.
func (p *parser) readParameters(declared *object, overrides map[string]string) {
	p.parameters = map[string]string{}
	for name, parameter := range declared.each() {
		value, given := overrides[name]
		if parameter.has("Default") && !given {
			value, given = parameter.string("Default"), true
		}
		if given {
			p.parameters[name] = value
			p.checkParameter(name, value, parameter)
		}
	}
	for name := range overrides {
		if !slices.Contains(declared.keys, name) {
			p.fail(name, "the template has no such parameter; it has %q", declared.keys)
		}
	}
}

func (p *parser) checkParameter(name, value string, parameter *object) {
	if pattern := parameter.string("AllowedPattern"); pattern != "" {
		if re, err := regexp.Compile("^(?:" + pattern + ")$"); err != nil || !re.MatchString(value) {
			p.fail(name, "%q does not match %s", value, pattern)
		}
	}
	if allowed := parameter.strings("AllowedValues"); allowed != nil && !slices.Contains(allowed, value) {
		p.fail(name, "%q is not allowed: use one of %q", value, allowed)
	}
	if parameter.string("Type") == "Number" {
		p.checkNumber(name, value, parameter)
	}
}

func (p *parser) checkNumber(name, value string, parameter *object) {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		p.fail(name, "%q must be a number", value)
		return
	}
	least, most := parameter.string("MinValue"), parameter.string("MaxValue")
	low, lowErr := strconv.ParseFloat(least, 64)
	high, highErr := strconv.ParseFloat(most, 64)
	if lowErr == nil && n < low || highErr == nil && n > high {
		p.fail(name, "%s is out of range: use %s to %s", value, cmp.Or(least, "any number"), cmp.Or(most, "any number"))
	}
}
