//! Values that are not shown: files are printed when programs are debugged.

/// What stands for a value that is not shown.
const HIDDEN: &str = "hidden";

/// Whether the value of a key is a secret: the password of a display, and the one it is made of.
pub(crate) fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("password") || key == "remotedisplay.vnc.key"
}

/// A value as it may be shown.
pub(crate) fn shown<'v>(key: &str, value: &'v str) -> &'v str {
    match is_secret(key) {
        true => HIDDEN,
        false => value,
    }
}

#[cfg(test)]
mod tests {
    use crate::vim::OptionValue;
    use crate::vmx::Vmx;

    #[test]
    fn the_password_of_a_display_is_not_shown() {
        let vmx = Vmx::parse("memsize = \"4\"\nRemoteDisplay.vnc.password = \"tell-nobody\"\n").unwrap();
        let entries: Vec<_> = vmx.entries().collect();
        let option = OptionValue {
            key: "RemoteDisplay.vnc.password".to_owned(),
            value: Some("tell-nobody".into()),
        };
        let shown = format!("{vmx:?} {entries:?} {option:?}");
        assert!(!shown.contains("tell-nobody"), "{shown}");
        assert!(shown.contains("hidden") && shown.contains("memsize"), "{shown}");
        assert!(vmx.to_string().contains("tell-nobody"));
    }
}
