//! What libvirt's parser checks of secrets, encryption and logins, wherever they stand.

use super::complaint::{missing, one_of, said, unknown, wrong};
use super::domain::devices::{AuthSecret, Encryption, SourceAuth};
use crate::xml::{Rest, XmlError};

/// The formats of encryption libvirt knows.
const FORMATS: [&str; 5] = ["default", "qcow", "luks", "luks2", "luks-any"];

/// A secret is named by its UUID or by its usage, and not by both.
fn check_secret((uuid, usage): (bool, bool), rest: &Rest) -> Result<(), XmlError> {
    match (uuid, usage) {
        (true, true) => Err(wrong("", rest, "both UUID and usage name the secret: one does")),
        (false, false) => Err(missing("", rest, "the UUID or the usage of the secret")),
        _ => Ok(()),
    }
}

/// A login has a user and a secret, which is given back.
pub(crate) fn check_login(auth: &SourceAuth) -> Result<&AuthSecret, XmlError> {
    if said(auth.username.as_ref()).is_none() {
        return Err(missing("@username", &auth.rest, "the name of the user"));
    }
    let Some(secret) = &auth.secret else {
        return Err(missing("secret", &auth.rest, "the secret"));
    };
    check_secret((secret.uuid.is_some(), secret.usage.is_some()), &secret.rest)
        .map_err(|error| error.within("secret"))?;
    Ok(secret)
}

/// Encryption has a format, and secrets that are passphrases; of LUKS, a cipher with name and size.
pub(crate) fn check_encryption(encryption: &Encryption) -> Result<(), XmlError> {
    let rest = &encryption.rest;
    let format = match said(encryption.format.as_ref()) {
        Some(format) if FORMATS.contains(&format) => format,
        Some(other) => {
            let expected = one_of("a format of encryption", &mut FORMATS.into_iter());
            return Err(unknown("@format", rest, other, expected));
        }
        None => return Err(missing("@format", rest, "the format of the encryption")),
    };
    if let Some(engine) = &encryption.engine
        && !matches!(engine.as_str(), "qemu" | "librbd")
    {
        return Err(unknown("@engine", rest, engine, "'qemu' or 'librbd'"));
    }
    for (index, secret) in encryption.secrets.iter().enumerate() {
        let path = format!("secret[{}]", index + 1);
        let kind_path = format!("{path}/@type");
        match said(secret.kind.as_ref()) {
            Some("passphrase") => {}
            Some(other) => return Err(unknown(&kind_path, &secret.rest, other, "'passphrase'")),
            None => return Err(missing(&kind_path, &secret.rest, "'passphrase'")),
        }
        check_secret((secret.uuid.is_some(), secret.usage.is_some()), &secret.rest)
            .map_err(|error| error.within(&path))?;
    }
    match format {
        "luks" => check_cipher(encryption),
        _ => Ok(()),
    }
}

fn check_cipher(encryption: &Encryption) -> Result<(), XmlError> {
    if let Some(cipher) = &encryption.cipher {
        if cipher.name.is_none() {
            return Err(missing("cipher/@name", &cipher.rest, "the name of the cipher"));
        }
        if cipher.size.is_none() {
            let what = "the size of the key in bits";
            return Err(missing("cipher/@size", &cipher.rest, what));
        }
    }
    match (&encryption.cipher, &encryption.ivgen) {
        (None, Some(_)) => Err(missing("cipher", &encryption.rest, "the cipher beside <ivgen>")),
        (_, Some(ivgen)) if ivgen.name.is_none() => {
            Err(missing("ivgen/@name", &ivgen.rest, "the name of the algorithm"))
        }
        _ => Ok(()),
    }
}
