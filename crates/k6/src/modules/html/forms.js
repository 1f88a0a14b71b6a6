// Makes the functions with which a response's forms are submitted and its links followed.
(join, encode) => {
  const resolve = (response, url) => join(response.url, url)?.[0] ?? url;
  const first = (response, selector, what) => {
    const found = response.html().find(selector).first();
    if (found.size() === 0) throw new Error(`no ${what} found for selector '${selector}' in response '${response.url}'`);
    return found;
  };
  return {
    submitForm(response, send, { formSelector = 'form', submitSelector = '[type="submit"]', fields = {}, params } = {}) {
      const form = first(response, formSelector, 'form');
      const method = form.attr('method', 'GET').toUpperCase();
      const values = form.serializeObject();
      const submit = form.find(submitSelector).first();
      const name = submit.attr('name');
      if (name !== undefined) values[name] = submit.val();
      Object.assign(values, fields);
      const url = resolve(response, form.attr('action', ''));
      if (method !== 'GET') return send(method, url, values, params);
      const pairs = Object.keys(values)
        .sort()
        .flatMap((key) => (Array.isArray(values[key]) ? values[key] : [values[key]]).map((value) => [key, value ?? '']));
      const query = encode(pairs);
      const [address] = url.split(/[?#]/);
      return send('GET', query === '' ? address : `${address}?${query}`, null, params);
    },
    clickLink(response, send, { selector = 'a[href]', params } = {}) {
      const href = first(response, selector, 'element').attr('href');
      if (href === undefined) throw new Error(`no href attribute in the element for selector '${selector}'`);
      return send('GET', resolve(response, href), null, params);
    },
  };
}
