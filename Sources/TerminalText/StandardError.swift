import Foundation

/// Everything the program says beside its results. Never a token.
package enum StandardError {
    /// Writes text as it is. If standard error can't be written, there is no other place to report that.
    package static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Writes a sanitized line that begins with the program's name.
    package static func say(_ line: String) {
        write("session-inspector: \(TextSanitizer.line(line))\n")
    }

    /// Shows a sanitized line on a terminal that the next call overwrites.
    package static func show(_ line: String) {
        write("\r\u{1B}[K" + TextSanitizer.line(line))
    }
}
