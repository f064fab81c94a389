public import Foundation

/// A request, whole and ready to be sent (RFC 9110, section 3.4).
///
/// Its body and its header fields carry tokens: no description shows them.
public struct HTTPRequest: Hashable, Sendable {
    public var method: String
    public var url: URL

    /// In the order in which they were given; a later field of the same name replaces an earlier one.
    public var headers: [(name: String, value: String)] {
        get { fields.map { ($0.name, $0.value) } }
        set { fields = newValue.map { Field(name: $0.name, value: $0.value) } }
    }

    public var body: Data?

    /// How long the exchange may take. `nil`: as long as the transport allows.
    public var timeLimit: Duration?

    private var fields: [Field]

    private struct Field: Hashable {
        var name: String
        var value: String
    }

    public init(_ method: String, _ url: URL, headers: [(name: String, value: String)] = [], body: Data? = nil) {
        self.method = method
        self.url = url
        self.fields = headers.map { Field(name: $0.name, value: $0.value) }
        self.body = body
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        "\(method) \(url.host() ?? "")\(url.path()) (\(body?.count ?? 0) bytes)"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
