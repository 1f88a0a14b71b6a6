// Makes the class of selections, and of the elements in them, over a document of the host.
(join, encode) => {
  const undef = undefined;
  const kindOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
  const among = (nodes) => {
    const known = Object.create(null);
    for (const node of nodes) known[node] = true;
    return known;
  };
  const unique = (nodes) => {
    const seen = Object.create(null);
    return nodes.filter((node) => seen[node] === undefined && (seen[node] = true));
  };

  // Numeric only if it is written as JavaScript would write it: '01' and '1.0' are texts.
  const typed = (text) => {
    if (text === 'true') return true;
    if (text === 'false') return false;
    if (text === '' || text === 'null' || text === 'undefined') return undef;
    if (text[0] === '{' || text[0] === '[') {
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    }
    return String(Number(text)) === text ? Number(text) : text;
  };
  const camel = (name) => name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
  const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

  class Selection {
    #doc;
    #nodes;
    #before;
    #url;
    constructor(doc, nodes, before, url) {
      this.#doc = doc;
      this.#nodes = nodes;
      this.#before = before;
      this.#url = url;
    }
    #of(nodes) {
      return new Selection(this.#doc, nodes, this, this.#url);
    }
    #one(node) {
      return new Selection(this.#doc, [node], this, this.#url);
    }
    // The nodes that an argument means among some: by a selector, a selection, an element or a function.
    #chosen(nodes, what) {
      if (typeof what === 'string') return this.#doc.filter(nodes, what);
      if (typeof what === 'function') return nodes.filter((node, at) => what(at, this.#one(node)));
      const others = among(Selection.#nodesOf(what));
      return nodes.filter((node) => others[node]);
    }
    static #nodesOf(what) {
      if (what instanceof Selection) return what.#nodes;
      if (what instanceof Element) return what.selection().#nodes;
      throw new Error(`invalid argument: a ${kindOf(what)} cannot be used as a selector`);
    }
    #filtered(nodes, selector) {
      const all = unique(nodes);
      return this.#of(selector === undef || selector === null ? all : this.#chosen(all, selector));
    }
    #below(node) {
      return this.#doc.contents(node).filter((child) => this.#doc.kind(child) === 1);
    }
    #beside(node) {
      const parent = this.#doc.parent(node);
      return parent === undef ? [node] : this.#below(parent);
    }
    #after(node) {
      const all = this.#beside(node);
      return all.slice(all.indexOf(node) + 1);
    }
    #ahead(node) {
      const all = this.#beside(node);
      return all.slice(0, Math.max(0, all.indexOf(node))).reverse();
    }
    #above(node) {
      const all = [];
      for (let at = this.#doc.parent(node); at !== undef; at = this.#doc.parent(at)) {
        if (this.#doc.kind(at) === 1) all.push(at);
      }
      return all;
    }
    #until(walk, end, selector) {
      const nodes = this.#nodes.flatMap((node) => {
        const all = walk(node);
        if (end === undef || end === null || end === '') return all;
        const stop = this.#chosen(all, end)[0];
        return stop === undef ? all : all.slice(0, all.indexOf(stop));
      });
      return this.#filtered(nodes, selector);
    }
    add(what) {
      const more = typeof what === 'string' ? this.#doc.find(0, what) : Selection.#nodesOf(what);
      return this.#of(unique([...this.#nodes, ...more]));
    }
    attr(name, missing) {
      const value = this.#nodes.length ? this.#doc.attr(this.#nodes[0], name) : undef;
      return value === undef ? missing : value;
    }
    children(selector) {
      return this.#filtered(this.#nodes.flatMap((node) => this.#below(node)), selector);
    }
    closest(what) {
      const found = this.#nodes.map((node) => this.#chosen([node, ...this.#above(node)], what)[0]);
      return this.#of(unique(found.filter((node) => node !== undef)));
    }
    contents() {
      return this.#of(unique(this.#nodes.flatMap((node) => this.#doc.contents(node))));
    }
    data(name) {
      if (this.#nodes.length === 0) return undef;
      const node = this.#nodes[0];
      if (name !== undef) {
        const value = this.#doc.attr(node, `data-${kebab(String(name))}`);
        return value === undef ? undef : typed(value);
      }
      const all = {};
      for (const attr of this.#doc.attrs(node)) {
        if (attr.startsWith('data-') && attr.length > 5) all[camel(attr.slice(5))] = typed(this.#doc.attr(node, attr));
      }
      return all;
    }
    each(call) {
      if (typeof call !== 'function') throw new Error('the argument of each() must be a function');
      this.#nodes.forEach((node, at) => call(at, element(this.#one(node), this.#doc, node, this.#url)));
      return this;
    }
    end() {
      return this.#before ?? this.#of([]);
    }
    eq(at) {
      return this.#of(this.#nodes.slice(at, at === -1 ? undef : at + 1));
    }
    filter(what) {
      return this.#of(this.#chosen(this.#nodes, what));
    }
    find(what) {
      if (typeof what === 'string') return this.#of(unique(this.#nodes.flatMap((node) => this.#doc.find(node, what))));
      const inside = (node) => [node, ...this.#above(node)].slice(1);
      return this.#of(
        Selection.#nodesOf(what).filter((node) => this.#nodes.some((top) => top === 0 || inside(node).includes(top))),
      );
    }
    first() {
      return this.eq(0);
    }
    get(at) {
      if (at === undef) return this.#nodes.map((node) => element(this.#one(node), this.#doc, node, this.#url));
      const node = this.#nodes.at(at);
      return node === undef ? undef : element(this.#one(node), this.#doc, node, this.#url);
    }
    has(what) {
      return this.#of(this.#nodes.filter((node) => this.#one(node).find(what).size() > 0));
    }
    html() {
      return this.#nodes.length ? this.#doc.html(this.#nodes[0]) : undef;
    }
    index(what) {
      if (what === undef) {
        return this.#nodes.length ? this.#beside(this.#nodes[0]).indexOf(this.#nodes[0]) : -1;
      }
      if (typeof what === 'string') return this.#doc.find(0, what).indexOf(this.#nodes[0]);
      return this.#nodes.indexOf(Selection.#nodesOf(what)[0]);
    }
    is(what) {
      return this.#chosen(this.#nodes, what).length > 0;
    }
    last() {
      return this.eq(-1);
    }
    map(call) {
      if (typeof call !== 'function') throw new Error('the argument of map() must be a function');
      return this.#nodes.map((node, at) => call(at, this.#one(node)));
    }
    next(selector) {
      return this.#filtered(this.#nodes.flatMap((node) => this.#after(node).slice(0, 1)), selector);
    }
    nextAll(selector) {
      return this.#filtered(this.#nodes.flatMap((node) => this.#after(node)), selector);
    }
    nextUntil(end, selector) {
      return this.#until((node) => this.#after(node), end, selector);
    }
    not(what) {
      const out = among(this.#chosen(this.#nodes, what));
      return this.#of(this.#nodes.filter((node) => !out[node]));
    }
    parent(selector) {
      return this.#filtered(this.#nodes.flatMap((node) => this.#above(node).slice(0, 1)), selector);
    }
    parents(selector) {
      return this.#filtered(this.#nodes.flatMap((node) => this.#above(node)), selector);
    }
    parentsUntil(end, selector) {
      return this.#until((node) => this.#above(node), end, selector);
    }
    prev(selector) {
      return this.#filtered(this.#nodes.flatMap((node) => this.#ahead(node).slice(0, 1)), selector);
    }
    prevAll(selector) {
      return this.#filtered(this.#nodes.flatMap((node) => this.#ahead(node)), selector);
    }
    prevUntil(end, selector) {
      return this.#until((node) => this.#ahead(node), end, selector);
    }
    // What a form would send, with checked boxes only and without buttons and files.
    serializeArray() {
      const fields = 'input,select,textarea,keygen';
      const all = this.is('form') ? this.find(fields) : this.filter(fields);
      const left = ['submit', 'button', 'reset', 'image', 'file'];
      return all
        .toArray()
        .filter((field) => {
          const type = field.attr('type', '');
          const boxed = type === 'checkbox' || type === 'radio';
          return (
            field.attr('name', '') !== '' &&
            field.attr('disabled') !== 'disabled' &&
            !left.includes(type) &&
            (!boxed || field.attr('checked') === 'checked')
          );
        })
        .map((field) => ({ name: field.attr('name'), value: field.val() }));
    }
    serializeObject() {
      return Object.fromEntries(this.serializeArray().map(({ name, value }) => [name, value]));
    }
    serialize() {
      const pairs = Object.entries(this.serializeObject()).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      return encode(
        pairs.flatMap(([name, value]) => {
          if (value === undef) return [];
          return (Array.isArray(value) ? value : [value]).map((one) => [name, one]);
        }),
      );
    }
    siblings(selector) {
      return this.#filtered(this.#nodes.flatMap((node) => this.#beside(node).filter((other) => other !== node)), selector);
    }
    size() {
      return this.#nodes.length;
    }
    slice(start, end) {
      return this.#of(this.#nodes.slice(start, end));
    }
    text() {
      return this.#nodes.map((node) => this.#doc.text(node)).join('');
    }
    toArray() {
      return this.#nodes.map((node) => this.#one(node));
    }
    // The value of a form's field.
    val() {
      if (this.#nodes.length === 0) return undef;
      const option = (one) => one.attr('value') ?? one.html() ?? '';
      switch (this.#doc.name(this.#nodes[0])) {
        case 'input':
          return this.attr('value', this.attr('type') === 'checkbox' ? 'on' : undef);
        case 'button':
          return this.attr('value');
        case 'textarea':
          return this.html();
        case 'option':
          return option(this.first());
        case 'select': {
          const selected = this.first().find('option[selected]');
          return this.attr('multiple') === undef ? option(selected) : selected.toArray().map(option);
        }
        default:
          return undef;
      }
    }
  }

  class Element {
    #sel;
    #doc;
    #node;
    #url;
    constructor(sel, doc, node, url) {
      this.#sel = sel;
      this.#doc = doc;
      this.#node = node;
      this.#url = url;
    }
    #at(node) {
      return node === undef ? undef : element(this.#select(node), this.#doc, node, this.#url);
    }
    #select(node) {
      return new Selection(this.#doc, [node], this.#sel, this.#url);
    }
    #beside(step, kind) {
      const parent = this.#doc.parent(this.#node);
      if (parent === undef) return undef;
      const all = this.#doc.contents(parent).filter((node) => !kind || this.#doc.kind(node) === kind || node === this.#node);
      return this.#at(all[all.indexOf(this.#node) + step]);
    }
    #form() {
      const id = this.getAttribute('form');
      return id === undef ? this.#sel.closest('form').get(0) : this.#select(0).find(`form[id="${id}"]`).get(0);
    }
    // An attribute of a field, or of its form.
    #ofForm(name) {
      return this.getAttribute(`form${name}`) ?? this.#form()?.getAttribute(name);
    }
    // The parts of an address in an attribute, from the address of the page.
    #address(name) {
      const written = this.getAttribute(name);
      return written === undef ? undef : (join(this.#url, written) ?? [written]);
    }
    #named(name, at) {
      return this.#address(name)?.[at] ?? '';
    }
    attributes() {
      return Object.fromEntries(this.#doc.attrs(this.#node).map((name) => [name, this.getAttributeNode(name)]));
    }
    childElementCount() {
      return this.#sel.children().size();
    }
    childNodes() {
      return this.#sel.contents().get();
    }
    children() {
      return this.#sel.children().get();
    }
    classList() {
      return (this.getAttribute('class') ?? '').split(/\s+/).filter((name) => name !== '');
    }
    className() {
      return this.getAttribute('class');
    }
    contains(other) {
      return other instanceof Element && (other.#node === this.#node || this.#sel.find(other).size() > 0);
    }
    firstChild() {
      return this.#at(this.#doc.contents(this.#node)[0]);
    }
    firstElementChild() {
      return this.#sel.children().get(0);
    }
    getAttribute(name) {
      return this.#doc.attr(this.#node, name);
    }
    getAttributeNode(name) {
      const value = this.getAttribute(name);
      if (value === undef) return undef;
      return { name, value, ownerElement: this, localName: () => name, namespaceURI: () => '', prefix: () => '' };
    }
    getElementsByClassName(name) {
      return this.#sel.find(`.${String(name).trim().split(/\s+/).join('.')}`).get();
    }
    getElementsByTagName(name) {
      return this.#sel.find(String(name)).get();
    }
    hasAttribute(name) {
      return this.getAttribute(name) !== undef;
    }
    hasAttributes() {
      return this.#doc.attrs(this.#node).length > 0;
    }
    hasChildNodes() {
      return this.#doc.contents(this.#node).length > 0;
    }
    id() {
      return this.getAttribute('id') ?? '';
    }
    innerHTML() {
      return this.#doc.html(this.#node);
    }
    isDefaultNamespace() {
      return this.namespaceURI() === 'http://www.w3.org/1999/xhtml';
    }
    isEqualNode(other) {
      return other instanceof Element && other.nodeName() === this.nodeName() && other.innerHTML() === this.innerHTML();
    }
    isSameNode(other) {
      return other instanceof Element && other.#doc === this.#doc && other.#node === this.#node;
    }
    lang() {
      return this.getAttribute('lang');
    }
    lastChild() {
      return this.#at(this.#doc.contents(this.#node).at(-1));
    }
    lastElementChild() {
      return this.#sel.children().get(-1);
    }
    matches(selector) {
      return this.#sel.is(String(selector));
    }
    namespaceURI() {
      return this.#doc.namespace(this.#node);
    }
    nextElementSibling() {
      return this.#beside(1, 1);
    }
    nextSibling() {
      return this.#beside(1);
    }
    nodeName() {
      return this.#doc.name(this.#node);
    }
    nodeType() {
      return this.#doc.kind(this.#node);
    }
    nodeValue() {
      return this.#doc.value(this.#node);
    }
    ownerDocument() {
      return this.#at(0);
    }
    parentElement() {
      return this.#sel.parent().get(0);
    }
    parentNode() {
      return this.#at(this.#doc.parent(this.#node));
    }
    previousElementSibling() {
      return this.#beside(-1, 1);
    }
    previousSibling() {
      return this.#beside(-1);
    }
    querySelector(selector) {
      return this.#sel.find(String(selector)).get(0);
    }
    querySelectorAll(selector) {
      return this.#sel.find(String(selector)).get();
    }
    selection() {
      return this.#sel;
    }
    textContent() {
      return this.#doc.text(this.#node);
    }
    toString() {
      return this.nodeType() === 1 ? '[object html.Node]' : `[object ${this.nodeName()}]`;
    }

    static extra = {
      // Attributes as they are, by the tags that have them.
      text(tags, names) {
        for (const name of names.split(' ')) {
          const attr = name.toLowerCase();
          Element.#give(tags, name, function () {
            return this.getAttribute(attr) ?? '';
          });
        }
      },
      flag(tags, names) {
        for (const name of names.split(' ')) {
          const attr = name.toLowerCase();
          Element.#give(tags, name, function () {
            return this.hasAttribute(attr);
          });
        }
      },
      number(tags, names, missing) {
        for (const name of names.split(' ')) {
          const attr = name.toLowerCase();
          Element.#give(tags, name, function () {
            const value = Number(this.getAttribute(attr) ?? missing);
            return Number.isNaN(value) ? missing : value;
          });
        }
      },
      address(tags, names) {
        for (const name of names.split(' ')) {
          const attr = name.toLowerCase();
          Element.#give(tags, name, function () {
            return this.#named(attr, 0);
          });
        }
      },
      all() {
        const parts = 'hash host hostname origin password pathname port protocol search username';
        parts.split(' ').forEach((name, at) => {
          Element.#give('a area', name, function () {
            return this.#named('href', at + 1);
          });
        });
        const give = Element.#give;
        give('a area link', 'relList', function () {
          return (this.getAttribute('rel') ?? '').split(/\s+/).filter(Boolean);
        });
        give('a area option script title', 'text', function () {
          return this.textContent();
        });
        give('button fieldset input keygen label legend object option output select textarea', 'form', function () {
          return this.#form();
        });
        give('button input keygen meter output progress select textarea', 'labels', function () {
          const id = this.getAttribute('id');
          const around = this.#sel.closest('label');
          return (id ? this.#select(0).find(`label[for="${id}"]`).add(around) : around).get();
        });
        give('label', 'control', function () {
          const id = this.getAttribute('for');
          return id === undef ? undef : this.#select(0).find(`[id="${id}"]`).get(0);
        });
        give('button input', 'formAction', function () {
          const action = this.#ofForm('action');
          return action ? (join(this.#url, action)?.[0] ?? action) : this.#url;
        });
        give('button input', 'formEnctype', function () {
          const kind = this.#ofForm('enctype');
          return ['multipart/form-data', 'text/plain'].includes(kind) ? kind : 'application/x-www-form-urlencoded';
        });
        give('button input', 'formMethod', function () {
          return this.#ofForm('method')?.toLowerCase() === 'post' ? 'post' : 'get';
        });
        give('button input', 'formNoValidate', function () {
          return this.#ofForm('novalidate') !== undef;
        });
        give('button input', 'formTarget', function () {
          return this.#ofForm('target') ?? '';
        });
        give('form', 'action', function () {
          return this.#named('action', 0);
        });
        give('form', 'method', function () {
          return this.getAttribute('method')?.toLowerCase() === 'post' ? 'post' : 'get';
        });
        give('form', 'elements', function () {
          return this.#sel.find('input,select,button,textarea,fieldset').get();
        });
        give('form', 'length', function () {
          return this.#sel.find('input,select,button,textarea,fieldset').size();
        });
        give('fieldset', 'elements', function () {
          return this.#sel.find('input,select,button,textarea').get();
        });
        give('fieldset', 'type', () => 'fieldset');
        give('datalist select', 'options', function () {
          return this.#sel.find('option').get();
        });
        give('button option', 'value', function () {
          return this.getAttribute('value') ?? this.innerHTML();
        });
        give('output', 'value', function () {
          return this.textContent();
        });
        give('output', 'defaultValue', function () {
          return this.textContent();
        });
        give('textarea', 'value', function () {
          return this.textContent();
        });
        give('textarea', 'length', function () {
          return this.textContent().length;
        });
        give('option', 'index', function () {
          return Math.max(0, this.#sel.closest('select,datalist').find('option').index(this));
        });
        give('option', 'label', function () {
          return this.getAttribute('label') ?? this.textContent();
        });
        give('option', 'disabled', function () {
          return this.hasAttribute('disabled') || this.#sel.closest('optgroup').attr('disabled') !== undef;
        });
        give('select', 'length', function () {
          return this.#sel.find('option').size();
        });
        give('select', 'selectedIndex', function () {
          const chosen = this.#sel.find('option[selected]');
          return chosen.size() ? this.#sel.find('option').index(chosen) : -1;
        });
        give('select', 'selectedOptions', function () {
          return this.#sel.find('option[selected]').get();
        });
        give('select', 'size', function () {
          return this.hasAttribute('multiple') ? 4 : 1;
        });
        give('select', 'type', function () {
          return this.hasAttribute('multiple') ? 'select-multiple' : 'select';
        });
        give('select', 'value', function () {
          return this.#sel.find('option[selected]').first().val() ?? '';
        });
        give('style', 'type', function () {
          return this.getAttribute('type') || 'text/css';
        });
        give('table tbody thead tfoot', 'rows', function () {
          return this.#sel.find('tr').get();
        });
        for (const [name, tag] of [['caption', 'caption'], ['tHead', 'thead'], ['tFoot', 'tfoot']]) {
          give('table', name, function () {
            return this.#sel.children(tag).get(0);
          });
        }
        give('table', 'tBodies', function () {
          return this.#sel.find('tbody').get();
        });
        give('tr', 'cells', function () {
          return this.#sel.find('th,td').get();
        });
        give('tr', 'rowIndex', function () {
          return this.#sel.closest('table').find('tr').index(this);
        });
        give('tr', 'sectionRowIndex', function () {
          return this.#sel.closest('tbody,thead,tfoot').find('tr').index(this);
        });
        give('td th', 'cellIndex', function () {
          return this.#sel.closest('tr').find('th,td').index(this);
        });
        give('progress', 'max', function () {
          return Number(this.getAttribute('max')) > 0 ? Number(this.getAttribute('max')) : 1;
        });
        for (const [name, missing] of [['value', 0], ['position', -1]]) {
          give('progress', name, function () {
            const value = Number(this.getAttribute('value') ?? NaN);
            return value >= 0 ? value / this.max() : missing;
          });
        }
        give('map', 'areas', function () {
          return this.#sel.find('area').get();
        });
        give('map', 'images', function () {
          const name = this.getAttribute('id') ?? this.getAttribute('name');
          return name === undef ? [] : this.#select(0).find(`img[usemap="#${name}"],object[usemap="#${name}"]`).get();
        });
        give('audio video', 'textTracks', function () {
          return this.#sel.find('track').get();
        });
        give('input', 'list', function () {
          const id = this.getAttribute('list');
          return id ? this.#select(0).find(`datalist[id="${id}"]`).get(0) : undef;
        });
      },
    };
    static #give(tags, name, method) {
      for (const tag of tags.split(' ')) {
        kinds[tag] ??= class extends Element {};
        Object.defineProperty(kinds[tag].prototype, name, { value: method, configurable: true });
      }
    }
  }
  const kinds = Object.create(null);
  const { text, flag, number, address, all } = Element.extra;
  delete Element.extra;
  address('a area base link', 'href');
  address('audio embed iframe img input script source track video', 'src');
  address('del ins blockquote q', 'cite');
  address('object', 'data');
  text('a area form base', 'target');
  text('a area link', 'rel type hreflang');
  text('button fieldset form iframe input keygen map meta object output param select textarea', 'name');
  text('button embed input object param script source ol', 'type');
  text('data input li meter param', 'value');
  text('area img input', 'alt');
  text('img object', 'useMap');
  text('img', 'srcset sizes crossOrigin');
  text('link source style', 'media');
  text('meta', 'content httpEquiv');
  text('script link', 'crossOrigin integrity');
  text('script', 'charset');
  text('form', 'enctype acceptCharset autocomplete');
  text('input textarea', 'placeholder wrap pattern autocomplete accept min max step');
  text('label output', 'htmlFor');
  text('optgroup track', 'label kind srclang');
  text('td th', 'headers scope abbr');
  text('time', 'dateTime');
  text('del ins', 'dateTime');
  text('a area', 'download ping referrerPolicy');
  text('video', 'poster');
  flag('button fieldset input keygen link optgroup select textarea', 'disabled');
  flag('input', 'checked');
  flag('input select', 'multiple');
  flag('input textarea', 'readOnly');
  flag('input select textarea', 'required autofocus');
  flag('option', 'selected');
  flag('form', 'noValidate');
  flag('script', 'async defer noModule');
  flag('audio video', 'autoplay controls loop muted');
  flag('ol', 'reversed');
  number('canvas', 'width height', 150);
  number('img input iframe object video embed', 'width height', 0);
  number('td th', 'colSpan rowSpan', 1);
  number('col', 'span', 1);
  number('ol', 'start', 1);
  number('input textarea', 'maxLength minLength', -1);
  number('input', 'size', 20);
  number('textarea', 'cols', 20);
  number('textarea', 'rows', 2);
  number('meter', 'min low', 0);
  number('meter', 'max high optimum', 1);
  all();

  const element = (sel, doc, node, url) => new (kinds[doc.name(node)] ?? Element)(sel, doc, node, url);
  return (doc, url) => new Selection(doc, [0], undef, url);
}
