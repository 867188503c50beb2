//! The useful part of a crashed program's last words.

/// The relevant part of `stderr`: from the line with the reason on, the paragraphs that name the implementation before all
/// others; at most `MOST` lines.
pub(super) fn relevant(stderr: &[String]) -> Vec<String> {
    let is_reason = |line: &String| {
        REASONS.iter().any(|word| line.starts_with(word)) || line.contains(RESTLESS)
    };
    let begin = stderr.iter().position(is_reason);
    let Some(begin) = begin else {
        return stderr[stderr.len().saturating_sub(MOST)..].to_vec();
    };
    let mut paragraphs: Vec<&[String]> = stderr[begin..].split(String::is_empty).collect();
    // The first one is the reason itself, directly followed by the running goroutine.
    let rest = paragraphs.split_off(paragraphs.len().min(1));
    let (of_library, others): (Vec<_>, Vec<_>) = rest
        .into_iter()
        .filter(|paragraph| !paragraph.is_empty())
        .enumerate()
        .partition(|(index, paragraph)| *index == 0 || names_library(paragraph));
    let ordered = of_library.into_iter().chain(others).map(|(_, paragraph)| paragraph);
    let mut lines = Vec::new();
    for paragraph in paragraphs.into_iter().chain(ordered) {
        if lines.len() + paragraph.len() > MOST && !lines.is_empty() {
            break;
        }
        lines.extend_from_slice(paragraph);
        lines.push(String::new());
    }
    lines.pop();
    lines.truncate(MOST);
    lines
}

/// Every yamux has the word in the names of its functions or files.
fn names_library(paragraph: &[String]) -> bool {
    paragraph
        .iter()
        .any(|line| ["/yamux.", "/go-yamux/", "yamux::"].iter().any(|name| line.contains(name)))
}

/// How the last words of a Go or Rust program begin.
const REASONS: [&str; 4] = ["panic: ", "fatal error: ", "SIGQUIT: ", "thread '"];

/// A Go shim's message in lockstep, after its name, about a library that never settles.
const RESTLESS: &str = ": nothing comes to rest after ";

/// Enough for the reason and the goroutines that matter.
const MOST: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_reason_comes_first_then_what_ran_then_the_library() {
        let stderr = lines(
            "noise\nfatal error: odd\n\ngoroutine 1 [running]:\nmain.main()\n\n\
             goroutine 2 [select]:\ntime.Sleep()\n\ngoroutine 3 [select]:\ngithub.com/x/yamux.(*S).recv()",
        );
        let told = relevant(&stderr);
        assert_eq!(told[0], "fatal error: odd");
        let at = |text: &str| told.iter().position(|line| line.contains(text)).unwrap();
        assert!(at("main.main") < at("yamux.") && at("yamux.") < at("time.Sleep"));
    }

    #[test]
    fn what_a_go_shim_says_of_a_restless_library_is_a_reason() {
        let said = "go-libp2p: nothing comes to rest after 3s:";
        assert_eq!(relevant(&lines(&format!("noise\n{said}\n\ngoroutine 7")))[0], said);
    }

    #[test]
    fn without_a_reason_the_end_is_told_and_never_too_much() {
        let stderr: Vec<String> = (0..500).map(|number| format!("line {number}")).collect();
        assert_eq!(relevant(&stderr).len(), MOST);
        assert_eq!(relevant(&stderr).last(), stderr.last());
        let long = [lines("panic: x"), stderr].concat();
        assert_eq!((relevant(&long).len(), &*relevant(&long)[0]), (MOST, "panic: x"));
        assert!(relevant(&[]).is_empty());
    }
}
