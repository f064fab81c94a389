import VisitorSessions

extension SessionStoreConformance {
    static let placeChecks: [Check] = [
        Check("places come back unchanged, by origin, and a place is replaced by a newer reading") { bench in
            let origin = "http://localhost:3000"
            let item = TokenPlace(origin: origin, kind: .local, name: "tokens", attributes: "", form: #"{"a":"ü'"}"#)
            var cookie = TokenPlace(origin: origin, kind: .cookie, name: "s", attributes: #"{"path":"/"}"#, form: "A")
            var other = cookie
            other.origin = "https://shop.example.com"
            for place in [item, cookie, other] { try await bench.store.remember(place) }
            try requireEqual(await bench.store.places(of: origin), [cookie, item], "the places of an origin")
            (cookie.attributes, cookie.form) = ("{}", "B")
            try await bench.store.remember(cookie)
            try requireEqual(await bench.store.places(of: origin), [cookie, item], "the places after a newer reading")
            try requireEqual(await bench.store.placeOrigins(), [origin, other.origin], "the origins")
            try requireEqual(await bench.store.places(of: other.origin), [other], "those of another origin")
            try requireEqual(await bench.store.places(of: "https://example.com"), [], "those of an unknown origin")
        }
    ]
}
