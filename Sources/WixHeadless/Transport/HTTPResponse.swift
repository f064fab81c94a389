public import struct Foundation.Data

/// An answer, whole (RFC 9110, section 3.4).
///
/// Its body carries tokens: no description shows it.
public struct HTTPResponse: Hashable, Sendable {
    public var status: Int
    public var body: Data

    /// By their names in lower case.
    private var fields: [String: String]

    /// - Parameter headers: Of several fields whose names differ in case alone, any one is kept.
    public init(status: Int, headers: [String: String] = [:], body: Data = Data()) {
        self.status = status
        self.body = body
        self.fields = Dictionary(headers.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
    }

    /// The value of a header field, named in any case. `nil` where there is none or it is empty.
    public func header(_ name: String) -> String? {
        fields[name.lowercased()].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// All header fields, by their names in lower case.
    public var headers: [String: String] {
        fields
    }
}

extension HTTPResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(status) (\(body.count) bytes)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
