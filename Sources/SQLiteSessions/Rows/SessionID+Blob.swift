import Foundation
import VisitorSessions

extension SessionID {
    /// The sixteen bytes, as the columns hold them.
    var blob: Data { Data(bytes) }

    /// The ID in `blob`. What is too short is filled up with zeros, and what is too long is cut: so a damaged row
    /// has a name, too.
    init(padding blob: Data) {
        var uuid = UUID().uuid
        withUnsafeMutableBytes(of: &uuid) { bytes in
            for index in bytes.indices {
                bytes[index] = index < blob.count ? blob[blob.startIndex + index] : 0
            }
        }
        self.init(UUID(uuid: uuid))
    }
}
