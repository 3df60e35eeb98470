/// What reflex understands, as data.
///
/// A pattern is a list of words: `a|b` stands for either, `word?` may be missing, `{slot}` takes words of the request:
/// `{text}`, `{old}` and `{new}` any number, `{file}` and `{dir}` one, `{files}` one or several joined by commas and "and",
/// `{peer}` an agent written `@name`, `{memory}` the number of a memory, `{topic}` and `{template}` one word, `{from}`, `{to}` and `{count}` a number, `{span}` two with a dash, `{numbers}` several (see ``ReflexSlot``). The first
/// rule that fits the whole part decides, so special ones stand before general ones.
struct ReflexRule: Sendable {
    /// What a rule makes an agent do.
    enum Action: Sendable {
        case readLines, read, list, search, write, append, replace, run, countLines, countWords, add
        case remember, recall, echo, say, now, report, help
        case move, delete, tell, ask, reply, share, broadcast, publish, subscribe, unsubscribe, agents
        case spawn, waitFor, checkOn, stopChild
    }

    let action: Action
    let patterns: [String]
    /// A request that it understands, for the documentation and the answer to what is not understood.
    let example: String

    static let all: [ReflexRule] = [
        .init(
            .readLines,
            [
                "read|show|print me? the? line|lines {from} to|through|until|- {to} of|from|in the? file? {file}",
                "read|show|print me? the? line|lines {span} of|from|in the? file? {file}",
                "read|show|print me? the? line|lines {from} of|from|in the? file? {file}",
                "read|show|print me? the? first {count} line|lines of|from|in the? file? {file}",
            ],
            "read lines 3 to 7 of FILE"
        ),
        .init(
            .countLines,
            [
                "count the? lines of|in|from the? file? {file} with? wc?", "count its|the lines with? wc?",
                "count the? {file} lines with? wc?", "count the? lines",
                "how many lines does|has|are the? file? in? {file} have?",
            ],
            "count the lines of FILE"
        ),
        .init(
            .countWords,
            [
                "count the? words of|in|from the? file? {file} with? wc?", "count its|the words with? wc?",
                "how many words does|has|are the? file? in? {file} have?",
            ],
            "count the words of FILE"
        ),
        .init(
            .now,
            [
                "what time is it now?", "what is the? time|date now?", "what's|whats the time|date now?",
                "tell me? the time|date",
            ],
            "what time is it"
        ),
        .init(
            .recall,
            [
                "what do|did you remember|know about|of {text}", "what do you remember|know",
                "recall what? you? know? about? {text}",
                "recall everything?",
            ],
            "what do you remember about TEXT"
        ),
        .init(
            .add,
            [
                "add {numbers} together?", "add up {numbers}", "sum up? of? {numbers}", "{numbers}",
                "what is the? sum? of? {numbers}", "what's|whats {numbers}", "how much is {numbers}",
            ],
            "add 2 and 40"
        ),
        .init(
            .report,
            [
                "tell me? what you did|have? done?", "summarise|summarize what you did", "report what? you? did?",
                "give? me? a? report",
                "say what you did",
            ],
            "tell me what you did"
        ),
        .init(
            .help,
            [
                "help me?", "hello|hi|hey there?", "who|what are you", "what can|do you do|understand", "what is this",
            ],
            "what can you do"
        ),
        .init(.append, ["append|add {text} to the? end? of? the? file? {file}"], "append TEXT to FILE"),
        .init(
            .write,
            [
                "write|save|put|store {text} to|in|into the? file? {file}",
                "create|make|write a? the? new? file? called|named? {file} with|containing {text}",
            ],
            "write TEXT to FILE"
        ),
        .init(
            .replace,
            [
                "replace|change {old} with|by|to {new} in the? file? {file}",
                "in {file} replace|change {old} with|by|to {new}",
            ],
            "replace A with B in FILE"
        ),
        .init(.move, ["move|rename the? file? {file} to|as the? file? {dir}"], "move FILE to FILE"),
        .init(.delete, ["delete|remove the? file? {file}"], "delete FILE"),
        .init(
            .search,
            [
                "search|look|grep for? {text} in|under|inside|below the? directory|folder|file? {dir}",
                "find|grep {text} in|under|inside|below the? directory|folder|file? {dir}",
                "search|look|grep for? {text}",
                "find {text}",
            ],
            "search for TEXT in DIR"
        ),
        .init(.agents, ["list|show the? other? agents|peers", "who is there"], "list agents"),
        .init(
            .list,
            [
                "list|show all? the? files? in|of|under the? directory? folder? {dir}",
                "list|show all? the? files", "list the? directory|folder",
                "what|which files are there|here in? {dir?}",
                "what|which files are in|under the? directory|folder? {dir}", "ls {dir}",
                "list the? directory? folder? {dir}",
                "list|ls",
            ],
            "list DIR"
        ),
        .init(.run, ["run|execute the? command? program? {text}"], "run `COMMAND LINE`"),
        .init(.remember, ["remember|note that|: {text}", "remember|note {text}"], "remember that TEXT"),
        .init(
            .broadcast,
            ["tell @all|everybody|everyone to|that|: {text}", "tell @all|everybody|everyone {text}"],
            "tell @all TEXT"
        ),
        .init(.publish, ["publish {text} on|about|to|under the? topic? {topic}"], "publish TEXT on news"),
        .init(.subscribe, ["subscribe to the? topic? {topic}"], "subscribe to news"),
        .init(.unsubscribe, ["unsubscribe from the? topic? {topic}"], "unsubscribe from news"),
        .init(
            .spawn,
            ["have|let a? an? {template} {text}", "spawn a? an? {template} to|: {text}"],
            "have a TEMPLATE do something"
        ),
        .init(
            .waitFor,
            ["wait for {peer}", "wait for the? report|child|it"],
            "wait for the report"
        ),
        .init(
            .checkOn,
            ["check on {peer}", "check on the? children", "how are the children"],
            "check on the children"
        ),
        .init(.stopChild, ["stop {peer}"], "stop @NAME"),
        .init(
            .tell,
            ["tell {peer} to|that|: {text}", "tell {peer} {text}", "send {text} to {peer}"],
            "tell @NAME TEXT"
        ),
        .init(.ask, ["ask {peer} to|: {text}", "ask {peer} {text}"], "ask @NAME TEXT"),
        .init(.reply, ["reply|answer with|that|: {text}", "reply {text}"], "reply with TEXT"),
        .init(.share, ["share {memory} with {peer}"], "share m12 with @NAME"),
        .init(.echo, ["echo {text}"], "echo TEXT"),
        .init(.say, ["say {text}"], "say TEXT"),
        .init(
            .read,
            [
                "read|show|open|print|cat|display me? the? content|contents of the? files? {files}",
                "read|show|open|print|cat|display me? the? files? {files}",
                "what is in the? file? {files}", "what does the? file? {files} say|contain",
            ],
            "read FILE"
        ),
    ]

    private init(_ action: Action, _ patterns: [String], _ example: String) {
        self.action = action
        self.patterns = patterns
        self.example = example
    }

    /// Words that can begin a part, so that a comma or "and" before them ends the part before.
    static let verbs: Set<String> = [
        "read", "show", "open", "print", "cat", "display", "list", "ls", "search", "find", "grep", "look", "write",
        "save", "move", "rename", "delete", "remove",
        "put", "store", "create", "make", "append", "replace", "change", "run", "execute", "count", "add", "sum",
        "remember",
        "spawn", "have", "let", "wait", "check", "stop", "ask", "publish",
        "note", "recall", "echo", "say", "tell", "send", "share", "report", "summarise", "summarize",
    ]
}
