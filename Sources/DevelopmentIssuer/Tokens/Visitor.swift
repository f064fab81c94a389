import Foundation

/// An anonymous visitor of one client's site.
struct Visitor: Hashable, Sendable {
    var id: UUID
    var clientID: UUID

    /// GUIDs are in lower case wherever Wix writes them.
    var name: String { id.uuidString.lowercased() }
    var clientName: String { clientID.uuidString.lowercased() }
}
