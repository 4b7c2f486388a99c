package template

import "go.yaml.in/yaml/v3"

// readConditions finds out which conditions hold with these parameters.
func (p *parser) readConditions(declared *object) {
	p.conditions = map[string]bool{}
	p.undecided = declared
	for _, name := range declared.keys {
		p.condition(declared.at(name), name)
	}
}

// condition reports whether the condition of this name holds. Conditions may use others that are declared after them.
func (p *parser) condition(where, name string) bool {
	if holds, decided := p.conditions[name]; decided {
		return holds
	}
	expression := p.undecided.take(name)
	if expression == nil {
		p.fail(where, "condition %q is not declared, or depends on itself", name)
		return false
	}
	holds := p.holds(p.undecided.at(name), expression)
	p.conditions[name] = holds
	return holds
}

// holds evaluates a function of conditions.
func (p *parser) holds(where string, node *yaml.Node) bool {
	operands := node.Content
	switch {
	case node.Tag == "!Condition":
		return p.condition(where, node.Value)
	case node.Tag == "!Equals" && len(operands) == 2:
		return p.literal(where, operands[0]) == p.literal(where, operands[1])
	case node.Tag == "!Not" && len(operands) == 1:
		return !p.holds(where, operands[0])
	case node.Tag == "!And" && len(operands) >= 2:
		return p.count(where, operands) == len(operands)
	case node.Tag == "!Or" && len(operands) >= 2:
		return p.count(where, operands) > 0
	}
	p.fail(where, "line %d: must be !Equals, !Not, !And, !Or or !Condition, with its operands", node.Line)
	return false
}

// count evaluates all operands, so that a fault in any of them is found.
func (p *parser) count(where string, operands []*yaml.Node) int {
	n := 0
	for _, operand := range operands {
		if p.holds(where, operand) {
			n++
		}
	}
	return n
}

// decide replaces each !If below the node by the value that it selects.
func (p *parser) decide(where string, node *yaml.Node) {
	for node.Tag == "!If" {
		if len(node.Content) != 3 {
			p.fail(where, "line %d: !If needs a condition and two values", node.Line)
			return
		}
		selected := node.Content[2]
		if p.condition(where, node.Content[0].Value) {
			selected = node.Content[1]
		}
		*node = *selected
	}
	for i, below := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 {
			p.decide(where+"."+node.Content[i-1].Value, below)
			continue
		}
		p.decide(where, below)
	}
}

// exists reports whether the resource is part of the stack.
func (p *parser) exists(id string, resource *object) bool {
	condition := resource.take("Condition")
	return condition == nil || p.condition(id+".Condition", condition.Value)
}

// readRules reports the assertions about the parameters that do not hold.
func (p *parser) readRules(declared *object) {
	for name, rule := range declared.each() {
		applies := rule.take("RuleCondition")
		if applies != nil && !p.holds(name+".RuleCondition", applies) {
			continue
		}
		for _, assertion := range rule.objects("Assertions") {
			p.readAssertion(name, assertion)
		}
		rule.close()
	}
}

func (p *parser) readAssertion(rule string, assertion *object) {
	description := assertion.string("AssertDescription")
	assert := assertion.take("Assert")
	if assert == nil {
		p.fail(assertion.at("Assert"), "is missing")
		return
	}
	if !p.holds(assertion.at("Assert"), assert) {
		p.fail(rule, "%s", description)
	}
	assertion.close()
}
