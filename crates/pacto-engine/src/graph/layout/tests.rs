use std::fmt::Write;

use proptest::prelude::*;

use super::*;

/// A fleet as `consumer -> needed, needed` lines.
fn fleet(lines: &[(&'static str, &[&'static str])]) -> (Vec<&'static str>, Vec<(usize, usize)>) {
    let mut names: Vec<&str> = Vec::new();
    let mut number = |name: &'static str| {
        names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
    };
    let mut edges = Vec::new();
    for (from, targets) in lines {
        let from = number(from);
        edges.extend(targets.iter().map(|to| (from, number(to))));
    }
    (names, edges)
}

fn shown(names: &[&str], edges: &[(usize, usize)]) -> String {
    let fleet = layout(names, edges);
    let mut rows: Vec<_> = names.iter().zip(&fleet.nodes).collect();
    rows.sort_by_key(|(_, position)| (position.layer, position.x, position.y));
    let mut text = String::new();
    for (name, Position { x, y, layer }) in rows {
        writeln!(text, "{layer} {x:>4} {y:>4} {name}").unwrap();
    }
    for (from, to) in &fleet.feedback {
        writeln!(text, "back: {} -> {}", names[*from], names[*to]).unwrap();
    }
    write!(text, "{} x {}", fleet.width, fleet.height).unwrap();
    text
}

#[test]
fn consumers_are_left_of_what_they_need() {
    let (names, edges) = fleet(&[
        ("shop", &["cart", "catalogue", "accounts"]),
        ("cart", &["stock", "store"]),
        ("catalogue", &["stock"]),
        ("accounts", &["store"]),
    ]);
    insta::assert_snapshot!(shown(&names, &edges), @r"
    0  100  108 shop
    1  396   28 accounts
    1  396  108 cart
    1  396  188 catalogue
    2  692   68 store
    2  692  148 stock
    792 x 216
    ");
}

#[test]
fn edges_that_close_cycles_are_named() {
    let (names, edges) = fleet(&[
        ("shop", &["orders", "shop"]),
        ("orders", &["payments"]),
        ("payments", &["ledger"]),
        ("ledger", &["orders"]),
    ]);
    insta::assert_snapshot!(shown(&names, &edges), @r"
    0  100   28 shop
    1  396   28 orders
    2  692   28 payments
    3  988   28 ledger
    back: shop -> shop
    back: ledger -> orders
    1088 x 56
    ");
}

#[test]
fn a_consumer_of_something_deep_stands_next_to_it() {
    let (names, edges) =
        fleet(&[("shop", &["cart"]), ("cart", &["stock"]), ("stock", &["store"]), ("report", &["store"])]);
    insta::assert_snapshot!(shown(&names, &edges), @r"
    0  100   38 shop
    1  396   38 cart
    2  692   28 stock
    2  692  108 report
    3  988   77 store
    1088 x 136
    ");
}

#[test]
fn groups_stand_beside_each_other_and_loners_in_a_grid() {
    let (names, edges) = fleet(&[
        ("shop", &["cart", "search"]),
        ("mail", &["queue"]),
        ("alpha", &[]),
        ("beta", &[]),
        ("gamma", &[]),
        ("delta", &[]),
        ("epsilon", &[]),
    ]);
    insta::assert_snapshot!(shown(&names, &edges), @r"
    0  100   68 shop
    0  100  260 mail
    0  100  412 alpha
    0  100  492 gamma
    0  332  412 beta
    0  564  412 delta
    0  796  412 epsilon
    1  396   28 cart
    1  396  108 search
    1  396  260 queue
    896 x 520
    ");
}

#[test]
fn nothing_takes_no_room() {
    assert_eq!(layout(&[], &[(0, 1)]), Layout { nodes: vec![], feedback: vec![], width: 0, height: 0 });
    assert_eq!(shown(&["shop"], &[(0, 7)]), "0  100   28 shop\n200 x 56");
}

#[test]
fn what_all_need_folds_into_columns() {
    let names: Vec<String> = (0..1001).map(|index| format!("service-{index:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let edges: Vec<(usize, usize)> = (1..1001).map(|index| (index, 0)).collect();
    let fleet = layout(&names, &edges);
    let columns: std::collections::BTreeSet<u32> = fleet.nodes[1..].iter().map(|node| node.x).collect();
    assert_eq!(columns.len(), 16, "of at most 64 rows");
    assert_eq!((fleet.width, fleet.height), (3976, 5016));
    assert!(fleet.nodes[1..].iter().all(|node| node.layer == 0));
}

#[test]
fn a_new_service_leaves_the_others_in_their_layers() {
    let names: Vec<String> = (0..60).map(|index| format!("service-{index:02}")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut edges: Vec<(usize, usize)> =
        (0..40).flat_map(|index| [(index, 20 + index / 2), (index, 40 + index / 3)]).collect();
    edges.retain(|(from, to)| from / 20 != to / 20);
    let before = layout(&names, &edges);

    names.push("zebra");
    let with_loner = layout(&names, &edges);
    assert_eq!(with_loner.nodes[..60], before.nodes, "who is alone moves nobody");

    edges.push((60, 53));
    let with_consumer = layout(&names, &edges);
    let same_layer = before.nodes.iter().zip(&with_consumer.nodes);
    assert_eq!(same_layer.filter(|(old, new)| old.layer == new.layer).count(), 60);
}

fn any_fleet() -> impl Strategy<Value = (Vec<String>, Vec<(usize, usize)>)> {
    (1_usize..120).prop_flat_map(|nodes| {
        // A few nodes are needed by many, as in life.
        let edge = (0..nodes, prop_oneof![3 => 0..nodes, 1 => 0..nodes.min(4)]);
        let edges = proptest::collection::vec(edge, 0..nodes * 2);
        let names = (0..nodes).map(|index| format!("service-{}", (index * 7919) % 1009)).collect();
        (Just(names), edges)
    })
}

fn borrowed(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

proptest! {
    #[test]
    fn cards_never_overlap_and_lie_inside((names, edges) in any_fleet()) {
        let fleet = layout(&borrowed(&names), &edges);
        prop_assert_eq!(fleet.nodes.len(), names.len());
        for (index, one) in fleet.nodes.iter().enumerate() {
            prop_assert!(one.x >= CARD_WIDTH / 2 && one.x + CARD_WIDTH / 2 <= fleet.width);
            prop_assert!(one.y >= CARD_HEIGHT / 2 && one.y + CARD_HEIGHT / 2 <= fleet.height);
            for other in &fleet.nodes[index + 1..] {
                let is_apart = one.x.abs_diff(other.x) >= CARD_WIDTH + COLUMN_GAP
                    || one.y.abs_diff(other.y) >= CARD_HEIGHT + ROW_GAP;
                prop_assert!(is_apart, "{:?} and {:?}", one, other);
            }
        }
    }

    #[test]
    fn edges_lead_right_unless_they_close_a_cycle((names, edges) in any_fleet()) {
        let fleet = layout(&borrowed(&names), &edges);
        for (from, to) in &edges {
            let (start, end) = (fleet.nodes[*from], fleet.nodes[*to]);
            if fleet.feedback.contains(&(*from, *to)) {
                // It closes a cycle: there is a way from its end to its start.
                let mut graph = petgraph::graphmap::DiGraphMap::<usize, ()>::new();
                graph.add_node(*from);
                graph.add_node(*to);
                for (from, to) in &edges { graph.add_edge(*from, *to, ()); }
                prop_assert!(petgraph::algo::has_path_connecting(&graph, *to, *from, None));
            } else {
                prop_assert!(start.layer < end.layer);
                prop_assert!(start.x < end.x);
            }
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        ((names, edges), order) in any_fleet().prop_flat_map(|fleet| {
            let order = Just((0..fleet.0.len()).collect::<Vec<usize>>()).prop_shuffle();
            (Just(fleet), order)
        })
    ) {
        let before = layout(&borrowed(&names), &edges);
        // Node `index` is listed at `order[index]`, and edges are listed the other way round.
        let mut shuffled = vec![""; names.len()];
        for (index, place) in order.iter().enumerate() { shuffled[*place] = &names[index]; }
        let moved: Vec<(usize, usize)> =
            edges.iter().rev().map(|(from, to)| (order[*from], order[*to])).collect();
        let after = layout(&shuffled, &moved);
        for (index, place) in order.iter().enumerate() {
            prop_assert_eq!(before.nodes[index], after.nodes[*place]);
        }
        prop_assert_eq!((before.width, before.height), (after.width, after.height));
        prop_assert_eq!(before.feedback.len(), after.feedback.len());
    }
}
