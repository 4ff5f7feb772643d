from canary_operator.api.cel import Rule, lowered, matches, quoted


def test_a_plain_sentence_is_a_message() -> None:
    """Nothing is calculated where nothing needs to be."""
    assert Rule("self > 0", "must be above 0").lowered() == {"rule": "self > 0", "message": "must be above 0"}


def test_values_in_a_sentence_are_calculated() -> None:
    """The API server fills them in, quotes and all."""
    rule = Rule("self.a < self.b", 'a "{self.a}" is not below {self.b}')
    assert rule.lowered()["messageExpression"] == '"a \\"" + (self.a) + "\\" is not below " + (self.b)'


def test_a_sentence_about_one_of_many_speaks_of_the_first_offender() -> None:
    """A long list of complaints would hide the first."""
    rule = Rule("self.all(x, x > 0)", "{self[at]} is wrong", each="[0, 1].filter(at, self[at] <= 0)")
    assert rule.lowered()["messageExpression"] == (
        '[0, 1].filter(at, self[at] <= 0).map(at, (self[at]) + " is wrong")[0]'
    )


def test_a_form_is_a_rule_with_a_sentence() -> None:
    """Backslashes of the pattern survive CEL's own escapes."""
    assert matches(r"^\d+%$", "write 5%").holds == 'self.matches("^\\\\d+%$")'


def test_quotes_in_a_text_are_escaped() -> None:
    """A text can't end its own literal."""
    assert quoted('a "b" \\') == '"a \\"b\\" \\\\"'


def test_rules_stand_under_the_key_that_the_api_server_reads() -> None:
    """One list for each place."""
    assert lowered([Rule("a", "b")]) == {"x-kubernetes-validations": [{"rule": "a", "message": "b"}]}
