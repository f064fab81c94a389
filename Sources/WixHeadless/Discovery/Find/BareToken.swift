import VisitorSessions

/// One token by itself, or in an `Authorization` header, with or without the header's name and `Bearer`.
enum BareToken {
    static let headerShape = "Authorization header"

    /// Whether `text` is one token or a header with one.
    ///
    /// - Parameters:
    ///   - role: The role that the text's name indicates.
    ///   - isExpected: Whether a token that isn't in a recognizable form may be here.
    static func isOne(_ text: String, _ role: FieldRole?, isExpected: Bool) -> Bool {
        if text.utf8.count <= DecodedToken.sizeLimit * 2, withoutHeader(text).isHeader { return !text.hasLineBreak }
        guard text.utf8.allSatisfy({ $0.isTokenByte }) else { return false }
        if TokenText.Form(text) != .other { return true }
        guard isExpected else { return false }
        if role == .accessToken || role == .refreshToken || Secret(text).isPlaceholder { return true }
        return DecodedToken(Secret(text)).format == .jwt
    }

    static func read(_ text: String, role: FieldRole? = nil) throws(UnreadableTokens) -> ReadTokens {
        let (word, isHeader) = withoutHeader(text)
        guard !word.isEmpty else { throw UnreadableTokens("There is no token after the header's name.") }
        let isPlaceholder = Secret(word).isPlaceholder
        guard isPlaceholder || !word.contains(where: \.isWhitespace) else {
            throw UnreadableTokens("The header doesn't contain exactly one token.")
        }
        let text = try TokenText(word, TokenText.unnamed)
        let slot = TokenSlots.Slot(word, TokenText.unnamed)
        if text.form == .refresh || (text.form == .other && role == .refreshToken) {
            return try ReadTokens(TokenSlots(refresh: slot))
        }
        return try ReadTokens(TokenSlots(access: slot), shape: isHeader ? headerShape : nil)
    }

    /// Whether the token's form alone shows that it is one.
    static func isRecognizable(_ read: ReadTokens) -> Bool {
        read.hasWixForm || read.tokens.accessToken.map { DecodedToken($0.value).format == .jwt } ?? false
    }

    /// The value of a header without `Bearer`.
    static func withoutScheme(_ text: String) -> String {
        withoutHeader(text).word
    }

    private static func withoutHeader(_ text: String) -> (word: String, isHeader: Bool) {
        var rest = Substring(text)
        var isHeader = false
        if let name = word(of: rest), name.lowercased() == "authorization" {
            let tail = rest.dropFirst(name.count).drop { " \t".contains($0) }
            if tail.first == ":" {
                rest = tail.dropFirst().drop { " \t".contains($0) }
                isHeader = true
            }
        }
        if let scheme = word(of: rest), scheme.lowercased() == "bearer" {
            let tail = rest.dropFirst(scheme.count)
            if let blank = tail.first, " \t".contains(blank) {
                rest = tail.drop { " \t".contains($0) }
                isHeader = true
            }
        }
        return (String(rest), isHeader)
    }

    /// The leading letters of a text, at most one more than the longest known word has.
    private static func word(of text: Substring) -> Substring? {
        let word = text.prefix(14).prefix { $0.isLetter }
        return word.isEmpty ? nil : word
    }
}

/// Finds tokens in Wix's form anywhere in a text.
enum TokenScan {
    private static let marker = Array("JWS.".utf8)
    private static let accessPrefix = Array("OauthNG.".utf8)

    /// The tokens in order, truncated ones included. A token ends after its third part.
    static func tokens(in text: String) -> [String] {
        var tokens: [String] = []
        let bytes = Array(text.utf8)
        var offset = 0
        while offset + marker.count <= bytes.count {
            guard bytes[offset] == marker[0], bytes[offset...].starts(with: marker) else {
                offset += 1
                continue
            }
            var start = offset
            if start >= accessPrefix.count, bytes[(start - accessPrefix.count)..<start].elementsEqual(accessPrefix) {
                start -= accessPrefix.count
            }
            guard start == 0 || !bytes[start - 1].isNameByte || isEscape(bytes, before: start) else {
                offset += marker.count
                continue
            }
            var end = offset + marker.count
            var dots = 0
            while end < bytes.count, bytes[end].isTokenByte {
                if bytes[end] == UInt8(ascii: ".") {
                    guard dots < 2 else { break }
                    dots += 1
                }
                end += 1
            }
            tokens.append(String(decoding: bytes[start..<end], as: UTF8.self))
            offset = end
        }
        return tokens
    }

    /// Whether a percent-encoded character (`%22`) or an escape (`\n`) ends before `index`.
    private static func isEscape(_ bytes: [UInt8], before index: Int) -> Bool {
        (index >= 3 && bytes[index - 3] == UInt8(ascii: "%")) || (index >= 2 && bytes[index - 2] == UInt8(ascii: "\\"))
    }
}
