/// The words of a command, as a shell takes it apart: quotes hold blanks, and a backslash the character behind it.
enum ShellWords {
    /// Takes time and memory in proportion to `text`, however long a word is.
    static func split(_ text: String) -> [String] {
        var words: [String] = []
        var word: [UInt8]?
        var quote: UInt8?
        var isEscaped = false
        func append(_ byte: UInt8) {
            if word == nil { word = [] }
            word?.append(byte)
        }
        for byte in text.utf8 {
            switch byte {
            case _ where isEscaped:
                isEscaped = false
                // A line that goes on.
                if byte != newline, byte != carriageReturn { append(byte) }
            case backslash where quote != singleQuote: isEscaped = true
            case _ where byte == quote: quote = nil
            case singleQuote where quote == nil, doubleQuote where quote == nil:
                quote = byte
                word = word ?? []
            case _ where quote == nil && blanks.contains(byte):
                if let whole = word { words.append(String(decoding: whole, as: UTF8.self)) }
                word = nil
            default: append(byte)
            }
        }
        if let whole = word { words.append(String(decoding: whole, as: UTF8.self)) }
        return words
    }

    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let backslash = UInt8(ascii: "\\")
    private static let singleQuote = UInt8(ascii: "'")
    private static let doubleQuote = UInt8(ascii: "\"")
    private static let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D]
}
