public import struct Foundation.Date

/// The shapes in which real applications keep tokens (Wix documentation and templates).
public enum StoredShapes {
    /// The largest text that is read, in bytes of UTF-8.
    public static let sizeLimit = 4 << 20

    /// In the order in which they are tried: each passes on what is not its own.
    private static let shapes: [any StoredShape.Type] = [
        ClientTokens.self, SDKTokens.self, EndpointTokens.self, FlatTokens.self, RefreshTokenAlone.self,
    ]

    /// The tokens in `text`, which may be percent-encoded, quoted, and surrounded by white space.
    ///
    /// - Parameter now: The local clock: dates what has only a lifetime.
    public static func read(_ text: String, now: Date) throws(UnreadableTokens) -> ReadTokens {
        try requireSize(of: text)
        let content = UnwrappedText(text).content
        guard !content.isEmpty else { throw UnreadableTokens("There is nothing here.") }
        guard content.hasPrefix("{") || content.hasPrefix("[") else { return try BareToken.read(content) }

        let document: (value: JSONValue, repetition: JSONFault?)
        do {
            document = try JSONReader.document(content.utf8)
        } catch {
            throw unreadable(error, in: content)
        }
        return try read(document.value, document.repetition, of: content, now: now)
    }

    /// The tokens in a JSON text that has been read.
    static func read(
        _ json: JSONValue, _ repetition: JSONFault?, of content: String, now: Date
    ) throws(UnreadableTokens) -> ReadTokens {
        try requireSize(of: content)
        if let repetition { throw unreadable(repetition, in: content) }
        return try read(json, now: now)
    }

    /// The tokens in a JSON value.
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens {
        for shape in shapes {
            if let tokens = try shape.read(json, now: now) { return tokens }
        }
        throw UnreadableTokens("This is JSON, but in no known shape: it has neither accessToken nor refreshToken.")
    }

    private static func requireSize(of text: String) throws(UnreadableTokens) {
        guard text.utf8.count <= sizeLimit else {
            throw UnreadableTokens("This is larger than \(sizeLimit >> 20) MiB, which no tokens are.")
        }
    }

    static func unreadable(_ fault: JSONFault, in content: String) -> UnreadableTokens {
        UnreadableTokens("This JSON cannot be read: \(fault.reason) (\(place(fault.offset, in: content))).")
    }

    /// Line and column, from 1, of what the reader was given.
    private static func place(_ offset: Int, in text: String) -> String {
        let before = text.utf8.prefix(offset)
        let newline = UInt8(ascii: "\n")
        let lastLine = before.suffix(from: before.lastIndex(of: newline).map(before.index(after:)) ?? before.startIndex)
        let column = String(decoding: lastLine, as: UTF8.self).count + 1
        return "line \(before.count { $0 == newline } + 1), column \(column)"
    }
}
