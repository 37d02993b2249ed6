//! A faithful AWS STS on loopback.
