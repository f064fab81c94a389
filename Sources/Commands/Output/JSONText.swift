import Foundation

/// A scalar of a small JSON document.
enum JSONText: Encodable {
    case string(String?)
    case bool(Bool)
    case number(Int)

    func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        switch self {
        case .string(let text): try single.encode(text)
        case .bool(let value): try single.encode(value)
        case .number(let value): try single.encode(value)
        }
    }

    /// The document of `members`, harmless on a terminal.
    static func object(_ members: some Encodable, pretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return SessionDocument.harmless(String(decoding: try encoder.encode(members), as: UTF8.self))
    }
}
