import Foundation
import Testing
import WixHeadless

@testable import Commands

@Suite("Lines of exported sessions")
struct SessionLineTests {
    @Test("An unreadable field rejects the session and is named")
    func unreadableField() {
        let fields = [
            ("createdAt", "\"yesterday\"", "createdAt"), ("state", "\"asleep\"", "state"),
            ("autoRenew", "\"yes\"", "autoRenew"),
        ]
        for (field, value, named) in fields {
            let line = "{\"id\":\"x\",\"label\":\"cart\",\"tokens\":{},\"\(field)\":\(value)}"
            let error = #expect(throws: UnreadableTokens.self) { try SessionLine.read(JSONReader.read(line.utf8)) }
            #expect(error?.description.contains(named) == true, "\(error?.description ?? "")")
        }
    }

    @Test("Other shapes aren't exported sessions")
    func otherShapes() throws {
        #expect(try SessionLine.read(["accessToken": "a", "role": ["of": "mine"]]) == nil)
        #expect(try SessionLine.read("JWS.a.b.c") == nil)
    }
}
