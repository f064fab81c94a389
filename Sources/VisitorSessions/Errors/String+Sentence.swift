extension String {
    /// The text as a whole sentence: with a full stop where it ends without a mark. What somebody else wrote, such as an
    /// issuer, may have none, and another sentence may follow.
    var asSentence: String {
        guard let last = lastIndex(where: { !$0.isWhitespace && !":;,".contains($0) }) else { return "" }
        let text = self[...last]
        // Quotes and brackets close behind the mark.
        guard let end = text.last(where: { !"\"'”’»)]".contains($0) }) else { return String(text) }
        return ".!?…".contains(end) ? String(text) : text + "."
    }
}
