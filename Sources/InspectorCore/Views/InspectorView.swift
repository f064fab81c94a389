/// The whole screen: a pure function of the model.
public enum InspectorView {
    public static func frame(_ model: Model) -> Frame {
        var frame = Frame(size: model.size)
        guard !model.layout.isTooSmall else {
            let smallest = Layout.smallest
            frame.put("Too small.", row: 0, column: 0)
            frame.put("\(smallest.width)×\(smallest.height) cells,", row: 1, column: 0)
            frame.put("please. q quits", row: 2, column: 0)
            return frame
        }
        HeaderView.draw(model, in: &frame)
        ListView.draw(model, in: &frame)
        if let details = model.details { DetailsView.draw(details, of: model, in: &frame) }
        FooterView.draw(model, in: &frame)
        if let popup = model.popup { PopupView.draw(popup, of: model, in: &frame) }
        return frame
    }
}
