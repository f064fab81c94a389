import Foundation
import Testing
import WixHeadless

@testable import Commands

@Suite("A line of an exported session")
struct SessionLineTests {
    @Test("A session of which a field cannot be read is refused, and the field is named")
    func partlyReadable() {
        let fields = [
            ("createdAt", "\"yesterday\"", "createdAt"), ("state", "\"asleep\"", "state"),
            ("autoRenew", "\"yes\"", "autoRenew"),
        ]
        for (field, value, named) in fields {
            let line = "{\"id\":\"x\",\"label\":\"cart\",\"tokens\":{},\"\(field)\":\(value)}"
            let error = #expect(throws: UnreadableTokens.self) { try SessionLine.read(Data(line.utf8)) }
            #expect(error?.description.contains(named) == true, "\(error?.description ?? "")")
        }
    }

    @Test("The shapes of applications are taken for their tokens alone")
    func otherShapes() throws {
        #expect(try SessionLine.read(Data("{\"accessToken\":\"a\",\"role\":{\"of\":\"mine\"}}".utf8)) == nil)
        #expect(try SessionLine.read(Data("\"JWS.a.b.c\"".utf8)) == nil)
    }
}
