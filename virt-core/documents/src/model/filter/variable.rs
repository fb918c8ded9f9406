//! Values of rules: written down, or a variable of the interface.

use crate::xml::{ValueError, XmlValue, trimmed};

/// A value of a rule: written down, or a variable the interface gives a value to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleValue<T> {
    /// The value itself.
    Value(T),
    /// A variable, written as `$NAME`.
    Variable(RuleVariable),
}

impl<T> RuleValue<T> {
    /// The variable of that name, such as `IP` or `MAC`.
    pub fn variable(name: impl Into<String>) -> Self {
        Self::Variable(RuleVariable::new(name, VariableAccess::Each(0)))
    }

    /// The value, when it is written down.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Variable(_) => None,
        }
    }
}

impl<T> From<T> for RuleValue<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T: XmlValue> XmlValue for RuleValue<T> {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        match text.strip_prefix('$') {
            Some(variable) => RuleVariable::parse(variable).map(Self::Variable),
            None => T::parse_xml(text).map(Self::Value),
        }
    }

    fn write_xml(&self, out: &mut String) {
        match self {
            Self::Value(value) => value.write_xml(out),
            Self::Variable(variable) => variable.write(out),
        }
    }
}

/// A variable in a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleVariable {
    /// Its name, of letters, digits and `_`.
    pub name: String,
    /// Which of its values.
    pub access: VariableAccess,
}

/// Which values of a variable a rule is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableAccess {
    /// Each: a rule for every value. Variables with the same number, 0 to 1000, go through their values side by side.
    Each(u32),
    /// The one at that place, counted from 0.
    At(u32),
}

impl RuleVariable {
    /// A variable, of letters, digits and `_`.
    pub fn new(name: impl Into<String>, access: VariableAccess) -> Self {
        Self {
            name: name.into(),
            access,
        }
    }

    /// Reads what follows the `$`.
    fn parse(text: &str) -> Result<Self, ValueError> {
        let refuse = || ValueError::expected("a variable such as $NAME, $NAME[@1] or $NAME[0]");
        let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let (name, index) = text.split_at(end.unwrap_or(text.len()));
        let access = match index.strip_prefix('[') {
            None if trimmed(index).is_empty() => VariableAccess::Each(0),
            None => return Err(refuse()),
            Some(index) => {
                let (index, _) = index.split_once(']').ok_or_else(refuse)?;
                let index = trimmed(index);
                let number = |text: &str| text.parse::<u32>().map_err(|_| refuse());
                match index.strip_prefix('@') {
                    Some(each) => VariableAccess::Each(number(each)?),
                    None => VariableAccess::At(number(index)?),
                }
            }
        };
        match access {
            VariableAccess::Each(number) if number > 1000 => Err(refuse()),
            _ => Ok(Self {
                name: name.to_owned(),
                access,
            }),
        }
    }

    fn write(&self, out: &mut String) {
        use std::fmt::Write as _;
        let _ = match self.access {
            VariableAccess::Each(0) => write!(out, "${}", self.name),
            VariableAccess::Each(number) => write!(out, "${}[@{number}]", self.name),
            VariableAccess::At(place) => write!(out, "${}[{place}]", self.name),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_may_name_one_of_its_values() {
        for (read, written) in [
            ("$A", "$A"),
            ("$A[@0]", "$A"),
            ("$A[ @2 ]", "$A[@2]"),
            ("$A_1[3]", "$A_1[3]"),
            ("7", "7"),
        ] {
            let value = RuleValue::<u8>::parse_xml(read).unwrap();
            let mut text = String::new();
            value.write_xml(&mut text);
            assert_eq!(text, written, "{read}");
        }
        for bad in ["$A-B", "$A[", "$A[@]", "$A[x]", "$A[@1001]", "256"] {
            assert!(RuleValue::<u8>::parse_xml(bad).is_err(), "{bad}");
        }
    }
}
