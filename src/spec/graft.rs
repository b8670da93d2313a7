//! Putting parts of one tree into another, so that everything between two scenario files can be read as a file of its own would be.

use super::leaf::item_name;
use super::node::{Key, Node, Origin, Table, Value};

/// Steps from the root to a part of a tree: keys of tables, names of the items of lists.
pub type Place = Vec<String>;

impl Node {
    /// The part at a place.
    #[must_use]
    pub fn part(&self, place: &[String]) -> Option<&Self> {
        let Some((step, rest)) = place.split_first() else { return Some(self) };
        self.child(step)?.part(rest)
    }

    fn child(&self, step: &str) -> Option<&Self> {
        match &self.value {
            Value::Table(table) => table.get(step),
            Value::Array(items) => items.get(position(items, step)?),
            _ => None,
        }
    }

    fn child_mut(&mut self, step: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Table(table) => table.get_mut(step),
            Value::Array(items) => {
                let index = position(items, step)?;
                items.get_mut(index)
            }
            _ => None,
        }
    }

    /// What the children are called: keys of a table, names of the items of a list; none of a single value.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        match &self.value {
            Value::Table(table) => table.entries.iter().map(|(key, _)| key.name.clone()).collect(),
            Value::Array(items) => items.iter().enumerate().map(|(index, item)| item_name(item, index)).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether both say the same in the same words, wherever they stand; keys of tables in any order.
    #[must_use]
    pub fn says(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::String(a), Value::String(b)) => a == b,
            (Value::Integer(a), Value::Integer(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::Boolean(a), Value::Boolean(b)) => a == b,
            (Value::Datetime(a), Value::Datetime(b)) => a == b,
            (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.says(b)),
            (Value::Table(a), Value::Table(b)) => {
                let alike = |(key, node): &(Key, Self)| b.get(&key.name).is_some_and(|other| node.says(other));
                a.entries.len() == b.entries.len() && a.entries.iter().all(alike)
            }
            _ => false,
        }
    }

    /// Whether a text is among its values or its keys.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        match &self.value {
            Value::String(own) => own == text,
            Value::Array(items) => items.iter().any(|item| item.mentions(text)),
            Value::Table(table) => table.entries.iter().any(|(key, node)| key.name == text || node.mentions(text)),
            _ => false,
        }
    }

    /// The same tree as that of the second of two files.
    #[must_use]
    pub fn into_other(mut self) -> Self {
        self.origin = match self.origin {
            Origin::Override(index) => Origin::Other(Some(index)),
            Origin::File => Origin::Other(None),
            other @ (Origin::Other(_) | Origin::Flag(_)) => other,
        };
        self.value = match self.value {
            Value::Array(items) => Value::Array(items.into_iter().map(Self::into_other).collect()),
            Value::Table(table) => {
                Value::Table(Table { entries: table.entries.into_iter().map(|(key, node)| (key, node.into_other())).collect() })
            }
            value => value,
        };
        self
    }
}

/// Makes the part of `tree` at a place what it is in `from`: puts it there, or takes it away where `from` has none. Tables and lists on the
/// way that `tree` lacks are made; an item of a list comes behind the nearest one that stands before it in `from`.
pub fn graft(tree: &mut Node, from: &Node, place: &[String]) {
    let Some((last, parents)) = place.split_last() else {
        *tree = from.clone();
        return;
    };
    let (mut parent, mut source) = (tree, Some(from));
    for step in parents {
        source = source.and_then(|node| node.child(step));
        if parent.child(step).is_none() {
            // Where neither has it there is nothing to graft.
            let (Some(model), Value::Table(table)) = (source, &mut parent.value) else { return };
            let value = if matches!(model.value, Value::Array(_)) { Value::Array(Vec::new()) } else { Value::Table(Table::default()) };
            let node = Node { value, span: model.span.clone(), origin: model.origin };
            table.entries.push((Key { name: step.clone(), span: model.span.clone() }, node));
        }
        let Some(child) = parent.child_mut(step) else { return };
        parent = child;
    }
    match source.and_then(|node| node.child(last)) {
        Some(part) => put(parent, source, last, part.clone()),
        None => take_away(parent, last),
    }
}

/// Puts another node in the place of a part that is there.
pub fn replace(tree: &mut Node, place: &[String], by: Node) {
    let mut node = tree;
    for step in place {
        let Some(child) = node.child_mut(step) else { return };
        node = child;
    }
    *node = by;
}

fn put(parent: &mut Node, source: Option<&Node>, name: &str, part: Node) {
    match &mut parent.value {
        Value::Table(table) => {
            let key = match source.map(|node| &node.value) {
                Some(Value::Table(source)) => source.entries.iter().find(|(key, _)| key.name == name).map(|(key, _)| key.clone()),
                _ => None,
            };
            let key = key.unwrap_or_else(|| Key { name: name.to_owned(), span: part.span.clone() });
            match table.entries.iter_mut().find(|(key, _)| key.name == name) {
                Some(entry) => *entry = (key, part),
                None => table.entries.push((key, part)),
            }
        }
        Value::Array(items) => match position(items, name) {
            Some(index) => items[index] = part,
            None => {
                let order = source.map(Node::names).unwrap_or_default();
                let before = order.iter().take_while(|other| *other != name);
                let behind = before.filter_map(|other| position(items, other)).last();
                items.insert(behind.map_or(0, |index| index + 1), part);
            }
        },
        _ => {}
    }
}

fn take_away(parent: &mut Node, name: &str) {
    match &mut parent.value {
        Value::Table(table) => table.entries.retain(|(key, _)| key.name != name),
        Value::Array(items) => {
            if let Some(index) = position(items, name) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

fn position(items: &[Node], name: &str) -> Option<usize> {
    items.iter().enumerate().position(|(index, item)| item_name(item, index) == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::node;

    fn tree(text: &str) -> Node {
        node::parse(text, Origin::File).unwrap()
    }

    fn place(path: &str) -> Place {
        path.split('.').map(str::to_owned).collect()
    }

    const A: &str = "seed = 1\n[[offer]]\nname = \"x\"\nprice = 1\n[[offer]]\nname = \"z\"\n[limits]\nhours = 2\n";
    const B: &str =
        "seed = 2\n[[offer]]\nname = \"x\"\nprice = 3\n[[offer]]\nname = \"y\"\n[[offer]]\nname = \"z\"\n[[factor]]\nname = \"f\"\n";

    #[test]
    fn parts_come_and_go_and_remember_their_file() {
        let (mut a, b) = (tree(A), tree(B).into_other());
        for path in ["seed", "offer.x.price", "offer.y", "factor.f", "limits", "nowhere.at.all"] {
            graft(&mut a, &b, &place(path));
        }
        assert!(a.says(&b), "{a:?}");
        assert_eq!(a.part(&place("offer")).unwrap().names(), ["x", "y", "z"], "y comes between, as in its file");
        for (path, origin) in [("offer.x.price", Origin::Other(None)), ("offer.x", Origin::File), ("offer.y", Origin::Other(None))] {
            assert_eq!(a.part(&place(path)).unwrap().origin, origin, "{path}");
        }
        graft(&mut a, &tree(A), &place("offer.y"));
        graft(&mut a, &tree(A), &place("factor.f"));
        assert_eq!(a.part(&place("offer")).unwrap().names(), ["x", "z"]);
        assert_eq!(a.part(&place("factor")).unwrap().names(), [""; 0]);
    }

    #[test]
    fn trees_say_the_same_in_any_order_of_keys_and_not_with_other_values() {
        assert!(tree("a = 1\nb = [1, \"x\"]").says(&tree("b = [1, 'x']\na = 1")));
        for other in ["a = 1.0\nb = [1, \"x\"]", "a = 1", "a = 1\nb = [\"x\", 1]", "a = 1\nb = [1, \"x\", 2]", "a = 1\nc = [1, \"x\"]"] {
            assert!(!tree("a = 1\nb = [1, \"x\"]").says(&tree(other)), "{other}");
        }
        let node = tree("route = { w = [\"units\", \"spill\"] }");
        assert!(node.mentions("spill") && node.mentions("w") && !node.mentions("spil"));
    }
}
