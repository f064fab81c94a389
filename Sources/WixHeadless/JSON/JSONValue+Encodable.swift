extension JSONValue: Encodable {
    func encode(to encoder: any Encoder) throws {
        switch self {
        case .null:
            var single = encoder.singleValueContainer()
            try single.encodeNil()
        case .bool(let value): try value.encode(to: encoder)
        case .string(let text): try text.encode(to: encoder)
        case .number(let text):
            if let whole = Int(text) { try whole.encode(to: encoder) } else { try Double(text).encode(to: encoder) }
        case .array(let values): try values.encode(to: encoder)
        case .object(let members):
            try Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }.encode(to: encoder)
        }
    }
}
