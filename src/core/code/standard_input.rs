//! `-t -`: the code is one line of standard input.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use zeroize::Zeroizing;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::session::TokenCode;
use crate::core::text::os_error;

pub async fn read() -> Result<TokenCode> {
    // A line with a code is short; a longer one is not a code.
    let mut input = BufReader::new(tokio::io::stdin().take(1024));
    let mut line = Zeroizing::new(String::with_capacity(1024));
    let unavailable = |message: &str, hint| Err(Error::new(ErrorCode::CodeUnavailable, message, hint));
    match input.read_line(&mut line).await {
        Ok(0) => unavailable(
            "standard input ended before a code was read",
            "write the six digits and a newline to standard input, or give `-t CODE`",
        ),
        Ok(_) => Ok(TokenCode::parse(&line)?),
        Err(error) => {
            unavailable(&format!("no code could be read: {}", os_error(&error)), "give the code with `-t CODE`")
        }
    }
}
