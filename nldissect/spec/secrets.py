"""Where specifications have key material: which attributes are it, or can hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .model import Attribute, Family, Format

_Key = tuple[str, str]


class Secrets:
    """Answers by the marks ``secret`` of specifications, following nests across families.

    spec: gives the specification of a family, None where there is none.
    """

    def __init__(self, spec: Callable[[str], Family | None]) -> None:
        self._spec = spec
        self._attributes: dict[_Key, list[tuple[int, bool, list[_Key]]]] = {}
        self._reached: dict[_Key, bool] = {}
        self._numbers: dict[_Key, frozenset[int]] = {}
        self._structs: dict[_Key, bool] = {}
        self._families: dict[str, bool] = {}

    def family(self, name: str) -> bool:
        """Whether any message of a family can hold key material."""
        known = self._families.get(name)
        if known is None:
            spec = self._spec(name)
            known = self._families[name] = spec is not None and (
                any(self.struct(name, item.name) for item in spec.definitions)
                or any(self._reaches((name, item.name)) for item in spec.attribute_sets)
            )
        return known

    def numbers(self, family: str, attribute_set: str) -> frozenset[int]:
        """The attributes of a set that are key material, or whose nests can hold some."""
        key = (family, attribute_set)
        known = self._numbers.get(key)
        if known is None:
            known = self._numbers[key] = frozenset(
                number
                for number, secret, inner in self._attributes_of(key)
                if secret or any(self._reaches(item) for item in inner)
            )
        return known

    def struct(self, family: str, name: str) -> bool:
        """Whether a struct has a member that is key material."""
        key = (family, name)
        known = self._structs.get(key)
        if known is None:
            spec = self._spec(family)
            # A struct inside itself adds nothing.
            self._structs[key] = False
            known = self._structs[key] = spec is not None and any(
                member.secret or (member.struct is not None and self.struct(family, member.struct))
                for definition in spec.definitions
                if definition.name == name
                for member in definition.members or ()
            )
        return known

    def _reaches(self, key: _Key) -> bool:
        """Whether a set, or any set below it, has an attribute that is key material."""
        known = self._reached.get(key)
        if known is None:
            known = False
            seen = {key}
            todo = [key]
            while todo and not known:
                for _, secret, inner in self._attributes_of(todo.pop()):
                    known = known or secret
                    todo += [item for item in inner if item not in seen]
                    seen.update(inner)
            self._reached[key] = known
        return known

    def _attributes_of(self, key: _Key) -> list[tuple[int, bool, list[_Key]]]:
        """(number, whether it is key material itself, the sets right below) of each attribute."""
        known = self._attributes.get(key)
        if known is None:
            known = self._attributes[key] = []
            family, name = key
            spec = self._spec(family)
            sets = {} if spec is None else {item.name: item for item in spec.attribute_sets}
            own = sets.get(name)
            parent = None if own is None else sets.get(own.subset_of or "")
            whole = {} if parent is None else {attr.name: attr for attr in parent.attributes}
            for attr in () if own is None else own.attributes:
                said = [attr, whole[attr.name]] if attr.name in whole else [attr]
                number = next((item.value for item in said if item.value is not None), None)
                if number is not None:
                    secret = any(self._is_secret(family, item) for item in said)
                    known.append(
                        (number, secret, [k for a in said for k in self._inner(family, a)])
                    )
        return known

    def _is_secret(self, family: str, attr: Attribute) -> bool:
        if attr.secret or (attr.struct is not None and self.struct(family, attr.struct)):
            return True
        return any(
            shape.fixed_header is not None and self.struct(family, shape.fixed_header)
            for shape in self._formats(family, attr)
        )

    def _inner(self, family: str, attr: Attribute) -> Iterator[_Key]:
        """The sets that an attribute's payload may be of."""
        sets = [shape.attribute_set for shape in self._formats(family, attr)]
        for name in (attr.nested_attributes, *sets):
            if name is not None:
                other, slash, inner = name.partition("/")
                yield (other, inner) if slash else (family, name)

    def _formats(self, family: str, attr: Attribute) -> list[Format]:
        spec = self._spec(family)
        if spec is None or attr.sub_message is None:
            return []
        return [
            shape
            for message in spec.sub_messages
            if message.name == attr.sub_message
            for shape in message.formats
        ]
