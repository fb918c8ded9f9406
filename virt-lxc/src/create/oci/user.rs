//! As whom the process of an image runs.

/// As whom the process of an image runs, as the image says it: `user`, `user:group`, by names or numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageUser {
    user: String,
    group: Option<String>,
}

impl ImageUser {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group.to_owned()).filter(|group| !group.is_empty())),
            None => (text, None),
        };
        (!user.is_empty() || group.is_some()).then(|| Self {
            user: user.to_owned(),
            group,
        })
    }

    /// The numbers of user and group, by the accounts of the root; what is not known is `Err`.
    pub(crate) fn numbers(&self, passwd: &str, group: &str) -> Result<(u32, u32), String> {
        let account = lines(passwd).find(|fields| fields.first() == Some(&self.user.as_str()));
        let by_number = lines(passwd).find(|fields| fields.get(2) == Some(&self.user.as_str()));
        let number = |text: Option<&&str>| text.and_then(|text| text.parse::<u32>().ok());
        let (user, of_account) = match (self.user.parse::<u32>(), account) {
            (_, Some(fields)) => (number(fields.get(2)), number(fields.get(3))),
            (Ok(user), None) => (Some(user), by_number.and_then(|fields| number(fields.get(3)))),
            (Err(_), None) if self.user.is_empty() => (Some(0), None),
            (Err(_), None) => (None, None),
        };
        let user = user.ok_or_else(|| format!("user {:?}", self.user))?;
        let Some(name) = &self.group else {
            return Ok((user, of_account.unwrap_or(0)));
        };
        let known = lines(group).find(|fields| fields.first() == Some(&name.as_str()));
        let known = known.and_then(|fields| number(fields.get(2)));
        let group = known
            .or_else(|| name.parse().ok())
            .ok_or_else(|| format!("group {name:?}"))?;
        Ok((user, group))
    }
}

fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().map(|line| line.split(':').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_those_of_the_root() {
        let passwd = "root:x:0:0::/:/bin/sh\nweb:x:33:34::/:/bin/sh\n";
        let group = "web:x:34:\nstaff:x:50:\n";
        let numbers = |text: &str| ImageUser::parse(text).unwrap().numbers(passwd, group);
        assert_eq!(numbers("web"), Ok((33, 34)));
        assert_eq!(numbers("web:staff"), Ok((33, 50)));
        assert_eq!(numbers("33"), Ok((33, 34)));
        assert_eq!(numbers("1000:1001"), Ok((1000, 1001)));
        assert_eq!(numbers("1000"), Ok((1000, 0)));
        assert_eq!(numbers("nobody"), Err("user \"nobody\"".to_owned()));
        assert_eq!(numbers("web:none"), Err("group \"none\"".to_owned()));
        assert_eq!(ImageUser::parse(""), None);
    }
}
