import Foundation
import VisitorSessions

extension SessionID {
    /// The sixteen bytes, as the columns hold them.
    var blob: Data { Data(bytes) }

    /// The ID in `blob`. What is too short is filled up with zeros, and what is too long is cut: so a damaged row
    /// has a name, too.
    init(padding blob: Data) {
        // Not a random UUID to write over: that would be a question to the system for each row of a list.
        var bytes: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &bytes) { _ = blob.copyBytes(to: $0) }
        self.init(UUID(uuid: unsafeBitCast(bytes, to: uuid_t.self)))
    }
}
