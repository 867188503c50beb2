//! Checks of the codes of resets.

use crate::scenario::{Action, ErrorClass};
use crate::shim::check::bench::{Bench, on, read};
use crate::shim::check::checked::{Checked, Stop, equal};
use crate::shim::protocol::Ability;
use crate::shim::protocol::OperationName::{Read, Reset};

/// The code of a reset reaches the caller at the other end, either way.
pub(crate) async fn codes(bench: Bench) -> Checked {
    let can = |ability| bench.able.abilities.contains(ability);
    let (tells, gives) = (can(Ability::ToldCodes), can(Ability::CodeReset));
    if !tells && !gives {
        return Err(Stop::Skipped("hello lists neither told_codes nor code_reset".to_owned()));
    }
    if tells {
        let pair = bench.stream_for(&[Read]).await?;
        let reading = pair.waiting(read("a", 10)).await;
        pair.far.act(Action::Reset { stream: "a".into(), code: Some(CODE) }).await?;
        let (class, done) = pair.reply(reading).await?.err()?;
        equal("class of the read", &ErrorClass::StreamReset, &class)?;
        equal("told of the read", &named(Some(CODE)), &named(done.told))?;
        pair.end().await?;
    }
    if gives {
        let pair = bench.stream_for(&[Reset]).await?;
        pair.ask(&on(Reset, "a").with("code", CODE)).await?.ok()?;
        let told = pair.far.told_by_reset("a").await?;
        equal("code of the reset", &named(Some(CODE)), &named(told))?;
        pair.end().await?;
    }
    Ok(())
}

fn named(code: Option<u32>) -> String {
    code.map_or_else(|| "no code".to_owned(), |code| code.to_string())
}

const CODE: u32 = 7;
