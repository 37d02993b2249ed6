//! The code in what a command printed (GET-6).

use crate::core::session::TokenCode;

/// The last line that is not empty if it is a code, else the only six digits in a row with no letter or digit beside
/// them. A line such as `976249 lasts 24s` contains a code; two candidates are none.
pub fn code_in(output: &str) -> Option<TokenCode> {
    let last = output.lines().rev().find(|line| !line.trim().is_empty())?;
    TokenCode::parse(last).ok().or_else(|| {
        let mut words = output.split(|c: char| !c.is_alphanumeric()).filter_map(|word| TokenCode::parse(word).ok());
        words.next().filter(|_| words.next().is_none())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(output: &str) -> Option<String> {
        code_in(output).map(|code| code.expose_secret().to_owned())
    }

    #[test]
    fn get_6_c33_a_code_is_the_last_line_or_the_only_six_digits() {
        for output in [
            "123456",
            " 123456 \r\n\n",
            "WARNING: the clock of 240901 is off\n123 456\n",
            "111111\n222222\n123-456",
            "123456 lasts 24s",
            "Your code: 123456.",
            "code=１２３４５６\nsee https://example.com/1234567/a123456",
            "(123456)\ndone",
        ] {
            assert_eq!(found(output).as_deref(), Some("123456"), "{output:?}");
        }
        for output in ["", "\n \n", "12345", "1234567", "a123456", "123456z", "é123456", "123456\n654321 or 111111"] {
            assert_eq!(found(output), None, "{output:?}");
        }
        assert_eq!(found("123456 or 123456 again"), None, "two candidates");
    }
}
