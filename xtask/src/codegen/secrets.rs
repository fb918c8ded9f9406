//! Which fields are, or may hold, something secret: they are kept out of `Debug` and of traces.

use super::schema::{Field, Type};

/// Fields that are secret by their name, in structs whose name contains the first word.
const SECRET: &[(&str, &[&str])] = &[
    ("secret_set_value", &["value"]),
    ("secret_get_value", &["value"]),
    ("auth_sasl", &["data"]),
    ("set_user_password", &["password"]),
    // Documents of any kind have passwords of displays and disks in them.
    ("", &["cmd", "result", "nativeConfig"]),
    ("launch_security_state", &["params"]),
    ("migrate", &["params"]),
    ("save_params", &["params"]),
    ("restore_params", &["params"]),
    // The setup of a display travels in a migration's cookie.
    (
        "",
        &["cookie", "cookieIn", "cookieOut", "cookie_in", "cookie_out"],
    ),
];

/// Whether this field of this struct is hidden.
pub(super) fn hides(of: &str, field: &Field) -> bool {
    let is_document =
        field.name.to_ascii_lowercase().contains("xml") && !matches!(field.of, Type::Primitive(_));
    is_document
        || SECRET
            .iter()
            .any(|(place, names)| of.contains(place) && names.contains(&field.name.as_str()))
}
