import VisitorSessions

/// Where applications keep tokens.
enum PlaceRows {
    static func remember(_ place: TokenPlace, _ dialect: Dialect) -> SQLText {
        """
        INSERT INTO \(dialect.table("place")) (origin, kind, name, attributes, form)
        VALUES (\(place.origin), \(place.kind.rawValue), \(place.name), \(place.attributes), \(place.form))
        ON CONFLICT (origin, kind, name) DO UPDATE SET attributes = excluded.attributes, form = excluded.form
        """
    }

    static func origins(_ dialect: Dialect) -> SQLText {
        "SELECT DISTINCT origin FROM \(dialect.table("place")) ORDER BY origin"
    }

    static func query(of origin: String, _ dialect: Dialect) -> SQLText {
        """
        SELECT origin, kind, name, attributes, form FROM \(dialect.table("place"))
        WHERE origin = \(origin) ORDER BY kind, name
        """
    }

    /// `nil` if the row is unreadable.
    static func place(_ row: any SQLRow) -> TokenPlace? {
        guard let origin = row.text(0), let kind = row.text(1).flatMap(TokenPlace.Kind.init(rawValue:)),
            let name = row.text(2), let attributes = row.text(3), let form = row.text(4)
        else { return nil }
        return TokenPlace(origin: origin, kind: kind, name: name, attributes: attributes, form: form)
    }
}
