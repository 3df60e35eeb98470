/// What the older turns of a conversation amount to; the model sees it in their place.
///
/// The turns themselves stay in the life, and can be searched and read.
public struct ConversationSummary: Hashable, Sendable, Codable {
    /// How many turns it covers, those of the summaries before it included.
    public let turns: Int
    /// The newest of them.
    public let through: TurnID
    /// What it says.
    public let text: String
    /// Where untrusted text that it was made from comes from; nil when there was none.
    public let untrusted: String?

    /// Makes a summary.
    public init(turns: Int, through: TurnID, text: String, untrusted: String? = nil) {
        self.turns = turns
        self.through = through
        self.text = text
        self.untrusted = untrusted
    }

    /// What the model is shown.
    var shown: String {
        let opening = "<summary of=\"\(turns) earlier turns, up to \(through)\">"
        return "\(opening)\n\(text.replacing("</summary", with: "<\\/summary"))\n</summary>"
    }
}
